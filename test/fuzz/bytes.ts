import fc from 'fast-check'

/** Bytes, each written as the character of that number (latin1): so a counterexample can be read. */
export type Bytes = string

/** Any bytes. */
export function anyBytes(maxLength: number): fc.Arbitrary<Bytes> {
  return fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes).toString('latin1'))
}

/** What parsers stumble over. */
const STONES = [
  '\0',
  '\r',
  '\n',
  '\r\n',
  '\r\n\r\n',
  ' ',
  '\t',
  ':',
  ',',
  ';',
  '%',
  '%00',
  '/',
  '\x7f',
  '\x80',
  '\xff',
]

const MUTATION = fc.record({
  at: fc.nat(1 << 20),
  remove: fc.oneof({ weight: 3, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.nat(200) }),
  insert: fc.oneof(fc.constant(''), fc.constantFrom(...STONES), anyBytes(4)),
})

/** The same with up to `most` places changed. */
export function mutated(original: fc.Arbitrary<Bytes>, most = 3): fc.Arbitrary<Bytes> {
  const mutations = fc.array(MUTATION, { maxLength: most })
  return fc.tuple(original, mutations).map(([bytes, all]) =>
    all.reduce((text, { at, remove, insert }) => {
      const from = at % (text.length + 1)
      return text.slice(0, from) + insert + text.slice(from + remove)
    }, bytes),
  )
}
