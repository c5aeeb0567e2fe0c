import fc from 'fast-check'

/** Text that is JSON, or nearly. */
export type Json = string

/** Numbers, keys and depths at which programs break; `%` stands for the rest of the value. */
const STRANGE: readonly Json[] = [
  '1e999',
  '-0',
  '123456789012345678901234567890',
  '1.7976931348623157e308',
  '0.1e-400',
  '"\\ud800"',
  '"\\u0000"',
  '[]',
  'null',
  'true',
  '{"__proto__":{"name":"hostie"}}',
  '{"constructor":{"prototype":{"id":2}}}',
  '{"toString":1,"valueOf":2,"hasOwnProperty":3,"then":4}',
]

const DEEP = fc
  .tuple(fc.constantFrom('[', '{"a":', '[{"payload":'), fc.integer({ min: 1, max: 5000 }), fc.boolean())
  .map(([open, depth, closes]) => {
    const closing = open === '[' ? ']' : open === '{"a":' ? '}' : '}]'
    return open.repeat(depth) + (open === '[' ? '' : '1') + (closes ? closing.repeat(depth) : '')
  })

const WIDE = fc
  .integer({ min: 1, max: 5000 })
  .map((keys) => `{${Array.from({ length: keys }, (_, key) => `"${key}":${key}`).join(',')}}`)

const VALUE: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: fc.json({ maxDepth: 4 }) },
  { weight: 3, arbitrary: fc.constantFrom(...STRANGE) },
  { weight: 1, arbitrary: DEEP },
  { weight: 1, arbitrary: WIDE },
)

const PORT: fc.Arbitrary<Json> = fc.oneof(
  fc.integer({ min: 1, max: 65_535 }).map(String),
  fc.constantFrom('0', '-1', '65536', '1.5', '"8788"', '1e3', '8788.0', '[8788]', 'NaN', ''),
  VALUE,
)
const ID: fc.Arbitrary<Json> = fc.oneof(
  fc.integer({ min: 0, max: 12 }).map(String),
  fc.constantFrom('"2"', '2.0'),
  VALUE,
)

/** A JSON-RPC message that may answer a question. */
export const ANSWER: fc.Arbitrary<Json> = fc.oneof(
  fc.tuple(ID, PORT).map(([id, port]) => `{"jsonrpc":"2.0","id":${id},"result":${port}}`),
  fc.tuple(ID, VALUE).map(([id, error]) => `{"jsonrpc":"2.0","id":${id},"error":${error}}`),
  fc.tuple(ID, ID).map(([id, code]) => `{"id":${id},"id":${code},"error":{"code":-32601,"message":${code}}}`),
)

/** What a registrant may send as a frame's text. */
export const EVENT: fc.Arbitrary<Json> = fc.oneof(
  ANSWER,
  ANSWER.map((answer) => `{"name":"jsonrpc","payload":${answer}}`),
  fc
    .tuple(fc.constantFrom('"hostie"', '"sys"', '"jsonrpc"', '"botie"', '"__proto__"', '1', '{}'), VALUE)
    .map(([name, payload]) => `{"name":${name},"payload":${payload}}`),
  VALUE,
  fc.string({ unit: 'binary', maxLength: 60 }),
)
