import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type DiscoveryAnswer,
  discoveryPath,
  formatEndpoint,
  formatNotRegistered,
  isPort,
  parseDiscovery,
  REGISTRATION_PATH,
} from '../../../src/protocol/discovery.ts'

const found = (host: string, port: number, ip?: string): DiscoveryAnswer => ({
  kind: 'found',
  endpoint: { host, port },
  ip,
})

describe('the paths', () => {
  it('are those of the public protocol', () => {
    expect(REGISTRATION_PATH).toBe('/v0/websocket')
    expect(discoveryPath('insecure_aaaa')).toBe('/v0/hosties/insecure_aaaa')
  })
})

describe('an answer', () => {
  it.each([
    ['the documented form', '{"host":"203.0.113.7","port":8788}', found('203.0.113.7', 8788)],
    [
      'the published server, which knows no host',
      '{"ip":"203.0.113.7","port":8788}',
      { ...found('203.0.113.7', 8788, '203.0.113.7'), lacksHost: true },
    ],
    [
      'both',
      '{"host":"203.0.113.7","ip":"203.0.113.7","port":8788}',
      found('203.0.113.7', 8788, '203.0.113.7'),
    ],
    [
      'a port that the registry cannot reach: the real address is beside it',
      '{"host":"127.0.0.1","ip":"203.0.113.7","port":8788}',
      found('127.0.0.1', 8788, '203.0.113.7'),
    ],
    ['a name', '{"host":"puppet.example.com","port":1}', found('puppet.example.com', 1)],
    ['more fields', '{"port":65535,"host":"h","extra":[1]}', found('h', 65_535)],
    [
      'a host of null',
      '{"host":null,"ip":"203.0.113.7","port":8788}',
      { ...found('203.0.113.7', 8788, '203.0.113.7'), lacksHost: true },
    ],
    ['an ip that is no text', '{"host":"h","ip":7,"port":8788}', found('h', 8788)],
  ])('of %s is understood', (_form, body, wanted) => {
    expect(parseDiscovery(200, body)).toEqual(wanted)
  })

  it.each(['\x1b[31mred', 'a\nb', '\x9b2J', 'a\u202eb', 'two words', 'x'.repeat(256)])(
    'whose host is %j is not understood: it would be printed on a terminal',
    (host) => {
      expect(parseDiscovery(200, JSON.stringify({ host, port: 1 }))).toMatchObject({ kind: 'not understood' })
      expect(parseDiscovery(200, JSON.stringify({ host: 'h', ip: host, port: 1 }))).toEqual(found('h', 1))
    },
  )

  it.each(['<html>', '', '[]', 'null', '"x"'])('404 with %j is no registry', (body) => {
    expect(parseDiscovery(404, body)).toMatchObject({ kind: 'not understood' })
  })

  it.each([
    ['404 with the documented body', 404, '{"host":"0.0.0.0","port":0}'],
    ['404 with host and ip', 404, formatNotRegistered('')],
    ['404 with an address', 404, '{"host":"203.0.113.7","port":8788}'],
    ['200 with the address of nobody', 200, '{"host":"0.0.0.0","port":0}'],
    ['200 with the ip of nobody', 200, '{"ip":"0.0.0.0","port":0}'],
    ['200 with 0.0.0.0 and a port', 200, '{"host":"0.0.0.0","port":8788}'],
    ['200 with port 0', 200, '{"host":"203.0.113.7","port":0}'],
  ])('%s: not registered', (_what, status, body) => {
    expect(parseDiscovery(status, body)).toEqual({ kind: 'not registered' })
  })

  it('404 with a reason: not registered, and why, if that is a line that can be printed', () => {
    expect(parseDiscovery(404, formatNotRegistered('comes over IPv6'))).toEqual({
      kind: 'not registered',
      reason: 'comes over IPv6',
    })
    for (const reason of ['', 'two\nlines', '\u001b[31m', 'x'.repeat(201), 7, null, {}]) {
      expect(parseDiscovery(404, JSON.stringify({ port: 0, reason }))).toEqual({ kind: 'not registered' })
    }
  })

  it.each([
    [301, '', 'the registry answered HTTP 301'],
    [401, '{"host":"h","port":1}', 'the registry answered HTTP 401'],
    [500, 'secret', 'the registry answered HTTP 500'],
    [200, '<html>secret</html>', 'the registry answered 200 with something that is not JSON'],
    [200, '', 'the registry answered 200 with something that is not JSON'],
    [200, 'null', 'the answer is not a JSON object'],
    [200, '[]', 'the answer is not a JSON object'],
    [200, '"secret"', 'the answer is not a JSON object'],
    [200, '{}', 'the answer has neither `host` nor `ip`'],
    [200, '{"host":"","port":8788}', 'the answer has neither `host` nor `ip`'],
    [200, '{"host":["secret"],"port":8788}', 'the answer has neither `host` nor `ip`'],
    [200, '{"host":"h"}', 'the answer has no usable `port`'],
    [200, '{"host":"h","port":"8788"}', 'the answer has no usable `port`'],
    [200, '{"host":"h","port":1.5}', 'the answer has no usable `port`'],
    [200, '{"host":"h","port":65536}', 'the answer has no usable `port`'],
    [200, '{"host":"h","port":-1}', 'the answer has no usable `port`'],
    [200, '{"host":"h","port":null}', 'the answer has no usable `port`'],
  ])('%i %j is not understood: %s', (status, body, reason) => {
    expect(parseDiscovery(status, body)).toEqual({ kind: 'not understood', reason })
  })

  it('of any bytes is one of the three, and an address that was found can be used', () => {
    const almost = fc.record(
      { host: fc.anything(), ip: fc.anything(), port: fc.anything() },
      { requiredKeys: [] },
    )
    const bodies = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      almost.map((value) => JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? 0 : part))),
    )
    fc.assert(
      fc.property(fc.constantFrom(200, 404, 302, 500), bodies, (status, body) => {
        const answer = parseDiscovery(status, body)
        if (answer.kind !== 'found') return
        expect(answer.endpoint.host.length).toBeGreaterThan(0)
        expect(isPort(answer.endpoint.port)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('what the registry answers', () => {
  it('has host, ip, and an integer port: each SDK reads some of them', () => {
    const body = formatEndpoint({ host: '203.0.113.7', port: 8788 })
    expect(JSON.parse(body)).toEqual({ host: '203.0.113.7', ip: '203.0.113.7', port: 8788 })
  })

  it('says in the body too that there is no registrant: some SDKs ignore the status', () => {
    expect(JSON.parse(formatNotRegistered(''))).toEqual({ host: '0.0.0.0', ip: '0.0.0.0', port: 0 })
    expect(parseDiscovery(200, formatNotRegistered(''))).toEqual({ kind: 'not registered' })
  })

  it('is understood by its own client', () => {
    const hosts = fc.oneof(fc.ipV4(), fc.domain()).filter((host) => host !== '0.0.0.0')
    fc.assert(
      fc.property(hosts, fc.integer({ min: 1, max: 65_535 }), (host, port) => {
        expect(parseDiscovery(200, formatEndpoint({ host, port }))).toEqual(found(host, port, host))
      }),
    )
  })
})

it.each([
  [1, true],
  [65_535, true],
  [0, false],
  [65_536, false],
  [1.5, false],
  ['1', false],
  [Number.NaN, false],
  [null, false],
  [true, false],
])('%j is a port: %s', (value, wanted) => {
  expect(isPort(value)).toBe(wanted)
})
