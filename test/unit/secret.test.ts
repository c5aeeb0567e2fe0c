import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRedactor, publicName } from '../../src/secret.ts'

const A = 'insecure_aaaa-1111'
const LONGER = `${A}-2222`
const shown = (token: string): string => `[token ${publicName(token)}]`

describe('the public name of a token', () => {
  it('is the first 12 hex digits of its SHA-256', () => {
    expect(publicName('insecure_3f2c')).toBe('5a93e23b44db')
    expect(publicName(A)).toBe(createHash('sha256').update(A).digest('hex').slice(0, 12))
  })
})

describe('the redactor', () => {
  it.each([
    ['a token alone', A, shown(A)],
    ['each of several places', `${A} and ${A}`, `${shown(A)} and ${shown(A)}`],
    [
      'inside a URL',
      `wss://r.example/v0/hosties/${A}?x=${A}#y`,
      `wss://r.example/v0/hosties/${shown(A)}?x=${shown(A)}#y`,
    ],
    ['inside a header', `Authorization: Token ${A}\r\n`, `Authorization: Token ${shown(A)}\r\n`],
    ['inside JSON', JSON.stringify({ a: [{ [A]: A }] }), `{"a":[{"${shown(A)}":"${shown(A)}"}]}`],
    ['in the middle of a word', `x${A}x`, `x${shown(A)}x`],
    ['a text without one', 'nothing to hide', 'nothing to hide'],
    ['nothing', '', ''],
  ])('takes out %s', (_what, text, wanted) => {
    expect(createRedactor([A])(text)).toBe(wanted)
  })

  it('takes the longest first: a token that begins like another leaves no rest behind', () => {
    for (const secrets of [
      [A, LONGER],
      [LONGER, A],
    ]) {
      expect(createRedactor(secrets)(`${LONGER} ${A}`)).toBe(`${shown(LONGER)} ${shown(A)}`)
    }
  })

  it('takes a token out of a URL in the spelling that URLs have for it', () => {
    const unusual = 'insecure_{aaaa}|1111'
    const { href } = new URL(`https://registry.example/v0/hosties/${unusual}`)
    const redact = createRedactor([unusual])
    expect(redact(href)).toBe(`https://registry.example/v0/hosties/${shown(unusual)}`)
    expect(redact(`?token=${encodeURIComponent(unusual)}`)).toBe(`?token=${shown(unusual)}`)
    expect(redact(unusual)).toBe(shown(unusual))
  })

  it('is not led astray by an empty secret, nor by characters that mean something to patterns', () => {
    const odd = 'insecure_$&.*+$1'
    expect(createRedactor(['', odd])(`a ${odd} b`)).toBe(`a ${shown(odd)} b`)
    expect(createRedactor([])('a b')).toBe('a b')
  })

  it('leaves no token in any text', () => {
    const tokens = fc.uniqueArray(fc.stringMatching(/^insecure_[A-Za-z0-9._~-]{8,20}$/), {
      minLength: 1,
      maxLength: 5,
    })
    const texts = tokens.chain((secrets) =>
      fc
        .array(fc.oneof(fc.constantFrom(...secrets), fc.string({ unit: 'binary' })))
        .map((parts) => ({ secrets, text: parts.join('') })),
    )
    fc.assert(
      fc.property(texts, ({ secrets, text }) => {
        const redacted = createRedactor(secrets)(text)
        for (const secret of secrets) expect(redacted).not.toContain(secret)
      }),
      { numRuns: 500 },
    )
  })
})
