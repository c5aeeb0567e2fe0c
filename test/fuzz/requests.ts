import fc from 'fast-check'
import { anyBytes, type Bytes, mutated } from './bytes.ts'

/** A registrant of this token is there, and says late that it has no port: its discoveries are waited for. */
export const SLOW_TOKEN = 'insecure_slow'
/** From this address comes what is believed about `X-Forwarded-For`. */
export const PROXY = '127.0.0.3'

type Header = readonly [name: string, value: string]

const often = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 6, arbitrary: usual }, { weight: 1, arbitrary: odd })

const TOKEN_CHARACTER = fc.constantFrom(...'abcXYZ019._~-_%/|+ \xe9')
export const TOKEN = fc.oneof(
  fc.constantFrom(SLOW_TOKEN, 'insecure_nobody', '__proto__', 'constructor', '', '..', '%', '%zz', '%2e%2e'),
  fc.string({ unit: TOKEN_CHARACTER, maxLength: 30 }),
  fc.integer({ min: 1000, max: 9000 }).map((length) => 'x'.repeat(length)),
)

const METHOD = often(
  fc.constant('GET'),
  fc.oneof(
    fc.constantFrom('HEAD', 'POST', 'PUT', 'OPTIONS', 'CONNECT', 'TRACE', 'PRI', 'get', ''),
    anyBytes(6),
  ),
)
const VERSION = often(
  fc.constant('HTTP/1.1'),
  fc.constantFrom('HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.2', 'HTTP/11', 'http/1.1', 'HTTP/1.1 x', ''),
)

/** Traversal, percent signs, other forms of a target, queries, very long ones, any bytes. */
export const TARGET = fc.oneof(
  { weight: 4, arbitrary: TOKEN.map((token) => `/v0/hosties/${token}`) },
  { weight: 1, arbitrary: TOKEN.map((token) => `/v0/hosties/${token}?${token}#${token}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('/v0/websocket', '/v0/hosties', '/', '*', '', '//', '/v0/../v0/hosties/x'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('http://127.0.0.1/v0/hosties/x', '127.0.0.1:443', '/%76%30/hosties/x'),
  },
  { weight: 1, arbitrary: fc.nat(12_000).map((length) => `/v0/hosties/${'%41'.repeat(length / 3)}`) },
  { weight: 2, arbitrary: anyBytes(40).map((bytes) => `/v0/hosties/${bytes}`) },
  { weight: 1, arbitrary: anyBytes(60) },
)
const UPGRADE_TARGET = often(
  fc.oneof(
    fc.constant('/v0/websocket'),
    TOKEN.map((token) => `/v0/websocket/token/${token}`),
  ),
  TARGET,
)

/** Addresses as proxies name them, and what only looks like one. */
const HOP = fc.oneof(
  fc.constantFrom(
    PROXY,
    '10.0.0.1',
    '10.0.0.1:80',
    '[2001:db8::1]:80',
    '::ffff:10.0.0.1',
    'fe80::1%lo',
    '::1%eth0',
  ),
  fc.constantFrom('unknown', '_hidden', '', '999.1.1.1', '[::1', '::1]', '1.2.3.4:', '%', 'localhost'),
  fc.ipV4(),
  fc.ipV6(),
)
const FORWARDED_FOR = fc.array(HOP, { maxLength: 40 }).map((hops) => hops.join(','))

/** Only addresses and names of this machine are offered. */
const SUBPROTOCOL = fc.oneof(
  fc.constant('io|0.0.1|fuzz||8788'),
  fc
    .array(
      fc.constantFrom('io', 'web', '', '127.0.0.9', 'localhost', '0', '65536', '-1', '1e3', '0x50', '8788'),
      {
        maxLength: 8,
      },
    )
    .map((fields) => fields.join('|')),
)

const ODD_HEADER: fc.Arbitrary<Header> = fc.oneof(
  FORWARDED_FOR.map((value): Header => ['X-Forwarded-For', value]),
  fc.constantFrom<Header>(
    ['Expect', '100-continue'],
    ['Expect', 'the unexpected'],
    ['Content-Length', '5'],
    ['Content-Length', '-1'],
    ['Content-Length', '99999999999999999999'],
    ['Transfer-Encoding', 'chunked'],
    ['Transfer-Encoding', 'gzip, chunked'],
    ['Connection', 'close'],
    ['Connection', 'Upgrade, HTTP2-Settings, keep-alive'],
    ['Upgrade', 'h2c'],
    ['Upgrade', 'websocket, h2c'],
    ['Host', ''],
    ['Sec-WebSocket-Extensions', 'permessage-deflate; server_max_window_bits=8'],
    ['Sec-WebSocket-Extensions', `${'a;b="c",'.repeat(300)}d`],
    ['Sec-WebSocket-Protocol', 'io|0.0.1|a||1, io|0.0.1|b||2'],
    ['Sec-WebSocket-Protocol', ',,'],
    ['Sec-WebSocket-Version', '8'],
    ['Sec-WebSocket-Version', '99'],
    ['Authorization', 'Basic eDp5'],
    [' Folded', 'of the line before'],
    ['Spaced ', 'before the colon'],
    ['X-Split', 'a\r\nX-More: b'],
  ),
  fc.tuple(anyBytes(10), anyBytes(40)),
  fc.nat(9000).map((length): Header => ['X-Long', 'y'.repeat(length)]),
)

/** What a registrant sends to be let in. */
function upgradeHeaders(token: string, subprotocol: string, upgrade: string): Header[] {
  return [
    ['Host', '127.0.0.1'],
    ['Connection', 'Upgrade'],
    ['Upgrade', upgrade],
    ['Authorization', `Token ${token}`],
    ['Sec-WebSocket-Version', '13'],
    ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
    ['Sec-WebSocket-Protocol', subprotocol],
  ]
}

interface RequestParts {
  readonly method: string
  readonly target: string
  readonly version: string
  readonly headers: readonly Header[]
  readonly body: Bytes
}

function written({ method, target, version, headers, body }: RequestParts): Bytes {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${target} ${version}\r\n${lines.join('')}\r\n${body}`
}

/** The upgrade that a registrant of `token` sends. */
export function goodUpgrade(token: string, subprotocol = 'io|0.0.1|fuzz||8788'): Bytes {
  const headers = upgradeHeaders(token, subprotocol, 'websocket')
  return written({ method: 'GET', target: '/v0/websocket', version: 'HTTP/1.1', headers, body: '' })
}

/** Headers with some dropped, doubled, changed or added, in another order. */
function disturbed(usual: fc.Arbitrary<Header[]>): fc.Arbitrary<Header[]> {
  const nothing = fc.constant<Header[]>([])
  const added = often(nothing, fc.array(ODD_HEADER, { maxLength: 4 }))
  const doubled = often(fc.constant(-1), fc.nat(6))
  const dropped = often(fc.constant(-1), fc.nat(6))
  return fc.tuple(usual, added, doubled, dropped, fc.nat(6)).map(([headers, more, twice, without, at]) => {
    const again = headers.slice(twice === -1 ? headers.length : twice).slice(0, 1)
    const kept = headers.filter((_, index) => index !== without)
    return [...kept.slice(0, at), ...more, ...again, ...kept.slice(at)]
  })
}

const UPGRADE = fc.record<RequestParts>({
  method: METHOD,
  target: UPGRADE_TARGET,
  version: VERSION,
  headers: disturbed(
    fc
      .tuple(
        TOKEN,
        SUBPROTOCOL,
        often(fc.constant('websocket'), fc.constantFrom('h2c', 'WebSocket', 'websocket/13', '')),
      )
      .map(([token, subprotocol, upgrade]) => upgradeHeaders(token, subprotocol, upgrade)),
  ),
  body: often(fc.constant(''), anyBytes(60)),
})
const DISCOVERY = fc.record<RequestParts>({
  method: METHOD,
  target: TARGET,
  version: VERSION,
  headers: disturbed(fc.constant<Header[]>([['Host', '127.0.0.1']])),
  body: often(fc.constant(''), anyBytes(60)),
})

/** One to five requests of any kind on one connection, without waiting for an answer. */
export const REQUESTS: fc.Arbitrary<Bytes> = fc
  .array(fc.oneof(UPGRADE, DISCOVERY).map(written), { minLength: 1, maxLength: 5 })
  .map((all) => all.join(''))
/** The same with bytes changed in it. */
export const MUTATED_REQUESTS = mutated(REQUESTS)
/** Discoveries of anything. */
export const DISCOVERIES: fc.Arbitrary<Bytes> = fc
  .array(
    TARGET.map((target) =>
      written({ method: 'GET', target, version: 'HTTP/1.1', headers: [['Host', '127.0.0.1']], body: '' }),
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((all) => all.join(''))
