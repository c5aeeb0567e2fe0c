import fc from 'fast-check'
import { anyBytes, type Bytes, mutated } from './bytes.ts'
import { EVENT, type Json } from './events.ts'
import { SERVER_FRAMES, serverTextFrame } from './frames.ts'

/** What a registry answers to a registrant; `{…}` is filled in for each client. */
const GOOD_UPGRADE: Bytes = [
  'HTTP/1.1 101 Switching Protocols',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Accept: {accept}',
  'Sec-WebSocket-Protocol: {protocol}',
  '\r\n',
].join('\r\n')
const REGISTERED = serverTextFrame('{"name":"sys","payload":"registered"}')

const HEADER = fc
  .tuple(
    fc.constantFrom(
      ...[
        'Location',
        'Retry-After',
        'Content-Length',
        'Transfer-Encoding',
        'Content-Type',
        'Upgrade',
        'Connection',
      ],
      ...[
        'Sec-WebSocket-Accept',
        'Sec-WebSocket-Protocol',
        'Sec-WebSocket-Extensions',
        'Server',
        'Via',
        'X',
        '',
      ],
    ),
    fc.oneof(
      fc.constantFrom(
        '{token}',
        '{accept}',
        '{protocol}',
        'websocket',
        'chunked',
        '-1',
        '1e9',
        '99999999999',
      ),
      fc.constantFrom(
        '/v0/websocket',
        '//[::1',
        'ws://127.0.0.1:1/{token}',
        'javascript:1',
        'http://{token}@127.0.0.1:1/',
      ),
      fc.constantFrom('text/html', 'permessage-deflate', 'Thu, 01 Jan 1970 00:00:00 GMT'),
      anyBytes(30),
    ),
  )
  .map(([name, value]) => `${name}: ${value}`)

// 401 and 403 are left out: a token that is refused is not asked about again for a minute.
const STATUS = fc.oneof(
  fc.constantFrom(
    '100',
    '101',
    '200',
    '204',
    '301',
    '307',
    '400',
    '404',
    '407',
    '426',
    '429',
    '500',
    '503',
    '999',
    '1000',
    'abc',
    '',
  ),
  fc.integer({ min: 404, max: 599 }).map(String),
)

/** Answers to a request, with what belongs into them or not. */
export const HTTP_ANSWERS: fc.Arbitrary<Bytes> = fc
  .tuple(
    fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/9.9', 'ICY'),
    STATUS,
    fc.constantFrom('', 'OK', '{token}', '\x1b[31m'),
    fc.array(HEADER, { maxLength: 8 }),
    fc.oneof(fc.constantFrom('', '{token}', '<html>', '0\r\n\r\n', 'ffffffff\r\n'), anyBytes(100)),
  )
  .map(
    ([version, status, words, headers, body]) =>
      `${[`${version} ${status} ${words}`, ...headers].join('\r\n')}\r\n\r\n${body}`,
  )

/** A good answer to the upgrade with bytes changed. */
export const MUTATED_UPGRADES: fc.Arbitrary<Bytes> = mutated(fc.constant(GOOD_UPGRADE + REGISTERED))

const afterUpgrade = (bytes: fc.Arbitrary<Bytes>): fc.Arbitrary<Bytes> =>
  fc.tuple(fc.constantFrom('', REGISTERED), bytes).map(([first, rest]) => GOOD_UPGRADE + first + rest)

export const AFTER_UPGRADE: fc.Arbitrary<Bytes> = afterUpgrade(anyBytes(600))
export const BROKEN_FRAMES: fc.Arbitrary<Bytes> = afterUpgrade(SERVER_FRAMES)

const QUESTION: fc.Arbitrary<Json> = fc
  .tuple(
    fc.constantFrom('"getHostieGrpcPort"', '"hostieGrpcPort"', '"__proto__"', '"constructor"', 'null', '{}'),
    fc.oneof(
      fc.constantFrom('-9007199254740991', '1', '"a"', 'null', '1e999', '{}', '[[]]'),
      fc.json({ maxDepth: 2 }),
    ),
    fc.boolean(),
  )
  .map(([method, id, enveloped]) => {
    const call = `{"jsonrpc":"2.0","id":${id},"method":${method},"params":[1]}`
    return enveloped ? `{"name":"jsonrpc","payload":${call}}` : call
  })
const ADVICE: fc.Arbitrary<Json> = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom('{token}', '\u001b[2J', 'registered', 'roger'),
  )
  .map((payload) => JSON.stringify({ name: 'sys', payload }))

const HOST = fc.constantFrom(
  '127.0.0.9',
  '127.0.0.1',
  '0.0.0.0',
  '::ffff:127.0.0.9',
  'a.example.com',
  'a b',
  '',
)

/** Where discovery leads, in answer to a query or unasked; or nearly. */
const DISCOVERY = fc.oneof(
  HOST.map((host) => JSON.stringify({ name: 'hostie', payload: host })),
  fc
    .record({
      host: HOST,
      port: fc.constantFrom(8788, 0, -1, 1e9),
      by: fc.constantFrom('you', 'another', 'nobody', 'somebody'),
      registrants: fc.constantFrom(0, 1, 2, -1, 1e300),
      open: fc.constantFrom(true, false, null, 'yes'),
    })
    .map((discovery) => JSON.stringify({ name: 'sys', payload: { discovery } })),
)

/** Events of any shape: questions, advice, where discovery leads, and what is none of these. */
export const EVENTS: fc.Arbitrary<Bytes> = afterUpgrade(
  fc
    .array(fc.oneof(QUESTION, ADVICE, DISCOVERY, EVENT), { maxLength: 60 })
    .map((texts) => texts.map(serverTextFrame).join('')),
)

const question = serverTextFrame(
  '{"name":"jsonrpc","payload":{"jsonrpc":"2.0","id":1,"method":"getHostieGrpcPort"}}',
)

/** Much of one kind. */
export const REGISTRY_FLOODS: fc.Arbitrary<Bytes> = fc.constantFrom(
  GOOD_UPGRADE + REGISTERED + question.repeat(10_000),
  GOOD_UPGRADE + serverTextFrame('{"name":"sys","payload":"{token}"}').repeat(10_000),
  GOOD_UPGRADE + REGISTERED + '\x89\x01p'.repeat(20_000),
  GOOD_UPGRADE + REGISTERED + serverTextFrame('z'.repeat(100_000)).repeat(10),
  GOOD_UPGRADE + REGISTERED + serverTextFrame('z'.repeat(2_000_000)),
  `${GOOD_UPGRADE + REGISTERED}\x01\x01z${'\0\x01z'.repeat(50_000)}`,
  GOOD_UPGRADE.slice(0, -2) + 'X: y\r\n'.repeat(20_000),
  `HTTP/1.1 200 OK\r\n\r\n${'z'.repeat(2_000_000)}`,
)
