import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatSubprotocol,
  isPublishableHost,
  isRegistrant,
  parseSubprotocol,
} from '../../../src/protocol/subprotocol.ts'

const HTTP_TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

describe('the subprotocol of a registrant', () => {
  it('has five fields, the first of them io', () => {
    expect(formatSubprotocol({ id: 'one', host: '203.0.113.7', port: 8788 })).toBe(
      'io|0.0.1|one|203.0.113.7|8788',
    )
  })

  it('has five fields even with an empty host: with four, a registry would publish the port as the host', () => {
    expect(formatSubprotocol({ id: 'one', host: '', port: 8788 })).toBe('io|0.0.1|one||8788')
  })

  it('is read as it was written', () => {
    const hosts = fc.oneof(fc.constant(''), fc.ipV4(), fc.domain())
    const ports = fc.integer({ min: 1, max: 65_535 })
    fc.assert(
      fc.property(fc.uuid(), hosts, ports, (id, host, port) => {
        const text = formatSubprotocol({ id, host, port })
        expect(text).toMatch(HTTP_TOKEN)
        const read = parseSubprotocol(text)
        expect(read).toEqual({ protocol: 'io', version: '0.0.1', id, host, port: String(port) })
        expect(isRegistrant(read)).toBe(true)
      }),
    )
  })

  it('is refused for any IPv6 address: `:` cannot stand in a header token', () => {
    fc.assert(
      fc.property(fc.ipV6(), (host) => {
        for (const form of [host, `[${host}]`]) {
          expect(isPublishableHost(form)).toBe(false)
          expect(() => formatSubprotocol({ id: 'one', host: form, port: 8788 })).toThrow(RangeError)
        }
      }),
    )
  })

  it.each(['one|two', 'one two', 'one/two', 'one,two', 'höst', 'a\r\nb', '"a"', '(a)'])(
    'is refused for the host %j, and does not repeat it',
    (host) => {
      expect(() => formatSubprotocol({ id: 'one', host, port: 8788 })).toThrow(
        new RangeError('the host cannot stand in a subprotocol'),
      )
    },
  )

  it('of any host is refused or made of header characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (host) => {
        if (!isPublishableHost(host)) return
        const text = formatSubprotocol({ id: 'one', host, port: 8788 })
        expect(text).toMatch(HTTP_TOKEN)
        expect(parseSubprotocol(text).host).toBe(host)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('what others offer', () => {
  it.each([
    ['nothing', '', { protocol: '', version: '', id: '', host: '', port: '' }],
    ['one field', 'io', { protocol: 'io', version: '', id: '', host: '', port: '' }],
    [
      'four fields',
      'io|0.0.1|one|8788',
      { protocol: 'io', version: '0.0.1', id: 'one', host: '8788', port: '' },
    ],
    [
      'six fields',
      'io|0.0.1|one|h|1|2',
      { protocol: 'io', version: '0.0.1', id: 'one', host: 'h', port: '1' },
    ],
  ])('%s is read without complaint', (_what, text, fields) => {
    expect(parseSubprotocol(text)).toEqual(fields)
  })

  it.each(['web|0.0.1|one||', 'IO|0.0.1|one||', ' io|0.0.1|one||', 'ioo', ''])(
    '%j is no registrant',
    (text) => {
      expect(isRegistrant(parseSubprotocol(text))).toBe(false)
    },
  )
})
