import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatEvent,
  isAcknowledgement,
  isObject,
  parseFrame,
  REGISTERED,
  ROGER,
} from '../../../src/protocol/envelope.ts'

describe('a frame', () => {
  it.each([
    ['an event with a text', '{"name":"sys","payload":"registered"}', { name: 'sys', payload: 'registered' }],
    [
      'an event with an object',
      '{"name":"jsonrpc","payload":{"id":1}}',
      { name: 'jsonrpc', payload: { id: 1 } },
    ],
    ['an event without a payload', '{"name":"reset"}', { name: 'reset', payload: undefined }],
    ['an event with more fields', '{"name":"sys","payload":null,"x":1}', { name: 'sys', payload: null }],
    ['white space around it', ' {"name":"sys","payload":"roger"}\r\n', { name: 'sys', payload: 'roger' }],
  ])('%s', (_what, text, event) => {
    expect(parseFrame(text)).toEqual({ kind: 'event', event })
  })

  it.each([
    ['a bare question', '{"jsonrpc":"2.0","id":1,"method":"hostieGrpcPort"}'],
    ['a name that is no text', '{"name":7,"payload":"registered"}'],
    ['an empty object', '{}'],
  ])('%s is an object and no event', (_what, text) => {
    expect(parseFrame(text)).toEqual({ kind: 'bare', object: JSON.parse(text) })
  })

  it.each([
    '',
    'registered',
    '{',
    'null',
    'true',
    '7',
    '"sys"',
    '[]',
    '[{"name":"sys"}]',
    '{"name":"sys"}{}',
    '\u0000',
  ])('%j is malformed', (text) => {
    expect(parseFrame(text)).toEqual({ kind: 'malformed' })
  })

  it('as deep as a frame can be is read or malformed, never an error', () => {
    for (const text of [
      '['.repeat(65_536),
      '{"name":'.repeat(8000),
      `${'['.repeat(32_768)}${']'.repeat(32_768)}`,
    ]) {
      expect(parseFrame(text).kind).toBe('malformed')
    }
  })

  it('that was written is read as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.jsonValue(), (name, value) => {
        const payload = JSON.parse(JSON.stringify(value))
        expect(parseFrame(formatEvent({ name, payload }))).toEqual({
          kind: 'event',
          event: { name, payload },
        })
      }),
    )
  })

  it('of any text is one of the three', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        expect(['event', 'bare', 'malformed']).toContain(parseFrame(text).kind)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('the events of the protocol', () => {
  it('are written as real registries write them', () => {
    expect(formatEvent(REGISTERED)).toBe('{"name":"sys","payload":"registered"}')
    expect(formatEvent(ROGER)).toBe('{"name":"sys","payload":"roger"}')
  })

  it.each([
    ['sys', 'registered', true],
    ['sys', 'roger', false],
    ['sys', 'Registered', false],
    ['sys', ['registered'], false],
    ['io', 'registered', false],
  ])('%s %j acknowledges: %s', (name, payload, wanted) => {
    expect(isAcknowledgement({ name, payload })).toBe(wanted)
  })
})

it.each([
  [{}, true],
  [{ length: 1 }, true],
  [[], false],
  [null, false],
  [undefined, false],
  ['{}', false],
  [7, false],
])('%j is an object: %s', (value, wanted) => {
  expect(isObject(value)).toBe(wanted)
})
