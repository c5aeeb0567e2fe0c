import fc from 'fast-check'
import { anyBytes, type Bytes, mutated } from './bytes.ts'

const DATA = 0
const HEADERS = 1
const RST_STREAM = 3
const SETTINGS = 4
const PING = 6
const GOAWAY = 7
const CONTINUATION = 9
const END_STREAM = 1
const ACK = 1
const END_HEADERS = 4
/** The first stream that a client opens. */
const STREAM = 1

/** A frame of HTTP/2 (RFC 9113 §4.1). */
function frame(type: number, flags: number, stream: number, payload: Bytes, length = payload.length): Bytes {
  const head = Buffer.alloc(9)
  head.writeUIntBE(length & 0xffffff, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream >>> 0, 5)
  return head.toString('latin1') + payload
}

/** Fields without compression (RFC 7541 §6.2.2); names and values of less than 127 bytes. */
function fields(entries: readonly (readonly [string, string])[]): Bytes {
  const text = (value: string): string => String.fromCharCode(value.length & 127) + value
  return entries.map(([name, value]) => `\0${text(name)}${text(value)}`).join('')
}

const HELLO = frame(SETTINGS, 0, 0, '') + frame(SETTINGS, ACK, 0, '')

/** What a puppet answers to a health check: SERVING. */
const GOOD_ANSWER: Bytes =
  HELLO +
  frame(
    HEADERS,
    END_HEADERS,
    STREAM,
    fields([
      [':status', '200'],
      ['content-type', 'application/grpc'],
    ]),
  ) +
  frame(DATA, 0, STREAM, '\0\0\0\0\x02\x08\x01') +
  frame(HEADERS, END_HEADERS | END_STREAM, STREAM, fields([['grpc-status', '0']]))

const STATUS = fc.oneof(
  fc.integer({ min: -1, max: 17 }).map(String),
  fc.constantFrom('', '00', '1e1', '0x0', '0,0', ' 0', '99999999999999999999', 'OK', '{token}'),
)
const HTTP_STATUS = fc.oneof(
  fc.constantFrom('200', '404', '503', '100', '103'),
  fc.integer({ min: 0, max: 999 }).map(String),
)
const FIELD = fc.tuple(
  fc.constantFrom(
    'grpc-message',
    'grpc-encoding',
    'content-type',
    'grpc-status',
    'connection',
    ':status',
    'X-Upper',
    '',
  ),
  fc.oneof(fc.constantFrom('gzip', 'application/grpc', 'text/html', '%', '{token}', '\0'), anyBytes(20)),
)

/** Answers to a health check whose parts are of any kind. */
export const GRPC_ANSWERS: fc.Arbitrary<Bytes> = fc
  .record({
    status: HTTP_STATUS,
    more: fc.array(FIELD, { maxLength: 4 }),
    body: fc.oneof(
      fc.constantFrom(
        '',
        '\0\0\0\0\0',
        '\0\0\0\0\x02\x08\x01',
        '\x01\0\0\0\x03\x1f\x8b\x08',
        '\0\x7f\xff\xff\xff',
      ),
      anyBytes(40),
    ),
    grpcStatus: STATUS,
    trailers: fc.boolean(),
  })
  .map(({ status, more, body, grpcStatus, trailers }) => {
    const head = fields([
      [':status', status],
      ...more,
      ...(trailers ? [] : [['grpc-status', grpcStatus] as const]),
    ])
    const rest = trailers
      ? frame(DATA, 0, STREAM, body) +
        frame(HEADERS, END_HEADERS | END_STREAM, STREAM, fields([['grpc-status', grpcStatus]]))
      : ''
    return HELLO + frame(HEADERS, END_HEADERS | (trailers ? 0 : END_STREAM), STREAM, head) + rest
  })

/** A good answer with bytes changed. */
export const MUTATED_ANSWERS: fc.Arbitrary<Bytes> = mutated(fc.oneof(fc.constant(GOOD_ANSWER), GRPC_ANSWERS))

const ANY_FRAME = fc
  .tuple(
    fc.nat(12),
    fc.nat(255),
    fc.oneof(fc.constantFrom(0, 1, 2, 3, 0x7fffffff, 0xffffffff)),
    anyBytes(60),
    fc.oneof(
      { weight: 8, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.constantFrom(1, 100, 16_385, 0xffffff) },
    ),
  )
  .map(([type, flags, stream, payload, lie]) => frame(type, flags, stream, payload, payload.length + lie))

/** Frames that may break every rule there is, after a greeting mostly. */
export const HTTP2_FRAMES: fc.Arbitrary<Bytes> = fc
  .tuple(fc.constantFrom(HELLO, HELLO, HELLO, ''), fc.array(ANY_FRAME, { minLength: 1, maxLength: 20 }))
  .map(([hello, frames]) => hello + frames.join(''))

/** Much of one kind. */
export const HTTP2_FLOODS: fc.Arbitrary<Bytes> = fc.constantFrom(
  HELLO + frame(SETTINGS, 0, 0, '\0\x03\0\0\0\x64').repeat(5000),
  HELLO + frame(PING, 0, 0, '12345678').repeat(10_000),
  HELLO +
    frame(HEADERS, 0, STREAM, fields([[':status', '200']])) +
    frame(CONTINUATION, 0, STREAM, fields([['a', 'b'.repeat(100)]])).repeat(10_000),
  HELLO +
    frame(HEADERS, END_HEADERS, STREAM, fields([[':status', '200']])) +
    frame(DATA, 0, STREAM, 'z'.repeat(16_000)).repeat(100),
  HELLO + frame(DATA, 0, STREAM, '').repeat(20_000),
  HELLO + frame(RST_STREAM, 0, STREAM, '\0\0\0\x08').repeat(5000),
  HELLO + frame(GOAWAY, 0, 0, `\0\0\0\0\0\0\0\x0b${'z'.repeat(10_000)}`),
  HELLO + frame(HEADERS, END_HEADERS, STREAM, fields([[':status', '100']])).repeat(5000),
)
