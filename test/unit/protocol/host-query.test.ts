import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatEvent } from '../../../src/protocol/envelope.ts'
import {
  type DiscoveryReport,
  formatDiscoveryReport,
  HOST_QUERY,
  hostAnswer,
  hostQuery,
  isHostQuery,
  readDiscoveryReport,
  readHostAnswer,
} from '../../../src/protocol/host-query.ts'

describe('a host query', () => {
  it('is an event named hostie, and nothing else', () => {
    expect(isHostQuery({ kind: 'event', event: hostQuery() })).toBe(true)
    expect(formatEvent(hostQuery())).toBe('{"name":"hostie"}')
    expect(isHostQuery({ kind: 'event', event: { name: 'jsonrpc', payload: '' } })).toBe(false)
    expect([isHostQuery(undefined), isHostQuery({ kind: 'malformed' })]).toEqual([false, false])
  })

  it.each(['203.0.113.7', '0.0.0.0', '127.0.0.1', 'puppet.example.com', '::ffff:203.0.113.7', 'localhost'])(
    'is answered by an event of the same name, which says the host %s',
    (host) => {
      expect(hostAnswer(host)).toEqual({ name: 'hostie', payload: host })
      expect(readHostAnswer(hostAnswer(host))).toBe(host)
    },
  )

  it.each([
    ['no text', 7],
    ['nothing', undefined],
    ['an object', { host: '203.0.113.7' }],
    ['no characters', ''],
    ['white space', 'a b'],
    ['what moves a cursor', 'a\u001b[2J'],
    ['an address and a port', '203.0.113.7:8788'],
    ['a URL', 'http://203.0.113.7/'],
    ['half an address', '203.0.113'],
    ['254 characters', 'a.'.repeat(127)],
  ])('has no answer in an event whose payload is %s', (_what, payload) => {
    expect(readHostAnswer({ name: HOST_QUERY, payload })).toBeUndefined()
  })

  it('has no answer in another event', () => {
    expect(readHostAnswer({ name: 'sys', payload: '203.0.113.7' })).toBeUndefined()
  })
})

const REPORT: DiscoveryReport = { host: '203.0.113.7', port: 8788, by: 'you', registrants: 2, open: true }
const NONE: DiscoveryReport = { host: '0.0.0.0', port: 0, by: 'nobody', registrants: 0, open: null }
const HIDDEN: DiscoveryReport = { ...NONE, by: 'another', registrants: 1 }
const received = (discovery: unknown): DiscoveryReport | undefined =>
  readDiscoveryReport({ name: 'sys', payload: { discovery } })

describe('a discovery report', () => {
  it('is an object in a `sys` event', () => {
    expect(formatDiscoveryReport(REPORT)).toEqual({
      name: 'sys',
      payload: { discovery: { host: '203.0.113.7', port: 8788, by: 'you', registrants: 2, open: true } },
    })
  })

  it.each([REPORT, { ...REPORT, by: 'another' as const }, { ...REPORT, open: null }, NONE, HIDDEN])(
    'is read as it was written: %j',
    (report) => {
      expect(readDiscoveryReport(formatDiscoveryReport(report))).toEqual(report)
    },
  )

  it('may hold more than is known today, which is left out', () => {
    expect(received({ ...REPORT, more: 1 })).toEqual(REPORT)
  })

  it.each([
    ['host', 'not a host'],
    ['host', undefined],
    ['host', '0.0.0.0'],
    ['port', '8788'],
    ['port', 0],
    ['port', 65_536],
    ['by', 'nobody'],
    ['by', 'You'],
    ['by', undefined],
    ['registrants', -1],
    ['registrants', 1.5],
    ['registrants', '2'],
    ['open', undefined],
    ['open', 'true'],
  ])('is none where its %s is %j', (name, value) => {
    expect(received({ ...REPORT, [name]: value })).toBeUndefined()
  })

  it('is none where nobody is said to be the asker itself', () => {
    expect(received({ ...NONE, by: 'you' })).toBeUndefined()
  })

  it('is none in another event, or in a text', () => {
    expect(readDiscoveryReport({ ...formatDiscoveryReport(REPORT), name: 'hostie' })).toBeUndefined()
    expect(readDiscoveryReport({ name: 'sys', payload: 'discovery' })).toBeUndefined()
    expect(received([REPORT])).toBeUndefined()
  })

  it('is read from whatever a registry sends without an error', () => {
    fc.assert(
      fc.property(fc.anything(), (payload) => {
        readDiscoveryReport({ name: 'sys', payload })
        received(payload)
        readHostAnswer({ name: HOST_QUERY, payload })
      }),
    )
  })
})
