import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { publicName, REMEMBERED, Redactor } from '../../../src/ops/redactor.ts'

const A = 'insecure_aaaa-1111'
const LONGER = `${A}-2222`
const shown = (token: string): string => `[token ${publicName(token)}]`
const redactorOf = (...secrets: readonly string[]) => new Redactor(secrets).redact

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
    ['beside itself', `${A}${A}`, `${shown(A)}${shown(A)}`],
    ['a text without one', 'nothing to hide', 'nothing to hide'],
    ['nothing', '', ''],
  ])('takes out %s', (_what, text, wanted) => {
    expect(redactorOf(A)(text)).toBe(wanted)
  })

  it('takes a token out of a URL in the spelling that URLs have for it', () => {
    const unusual = 'insecure_{aaaa}|1111'
    const { href } = new URL(`https://registry.example/v0/hosties/${unusual}`)
    const redact = redactorOf(unusual)
    expect(href).not.toContain(unusual)
    expect(redact(href)).toBe(`https://registry.example/v0/hosties/${shown(unusual)}`)
    expect(redact(`?token=${encodeURIComponent(unusual)}`)).toBe(`?token=${shown(unusual)}`)
    expect(redact(unusual)).toBe(shown(unusual))
  })

  it('is not led astray by an empty secret, nor by characters that mean something to patterns', () => {
    const odd = 'insecure_$&.*+$1'
    expect(redactorOf('', odd)(`a ${odd} b`)).toBe(`a ${shown(odd)} b`)
    expect(redactorOf()('a b')).toBe('a b')
  })

  it('leaves a secret alone that is as short as a word, and takes out the shortest that is not', () => {
    expect(redactorOf('puppet_')('puppet_registrar_build_info 1')).toBe('puppet_registrar_build_info 1')
    expect(redactorOf('puppet_1')('a puppet_1 b')).toBe(`a ${shown('puppet_1')} b`)
  })

  it('forgets nothing from one text to the next', () => {
    const redact = redactorOf(A)
    for (let time = 0; time < 3; time += 1) expect(redact(`x ${A}`)).toBe(`x ${shown(A)}`)
  })
})

describe('of secrets that share characters', () => {
  it.each([
    ['one begins like another', [A, LONGER]],
    ['one ends like another', ['1111-2222', 'insecure_1111-2222']],
    ['one is the middle of another', ['aaaa-1111', 'insecure_aaaa-1111-2222']],
    ['each is part of the next', ['aaaa-1111', 'aaaa-1111-2222', 'insecure_aaaa-1111-2222']],
  ])('%s: each is taken out whole, the longest where both could be', (_how, secrets) => {
    for (const order of [secrets, [...secrets].reverse()]) {
      const redact = redactorOf(...order)
      for (const secret of secrets) expect(redact(`a ${secret} b`)).toBe(`a ${shown(secret)} b`)
      expect(redact(secrets.join(' '))).toBe(secrets.map(shown).join(' '))
      expect(redact(secrets.join(''))).toBe(secrets.map(shown).join(''))
    }
  })

  it('one ends as another begins: where they overlap, nothing of either is left', () => {
    const [first, second] = ['insecure_abcdefgh', 'abcdefgh_insecure_1']
    const text = 'x insecure_abcdefgh_insecure_1 y'
    for (const redact of [redactorOf(first, second), redactorOf(second, first)]) {
      expect(redact(text)).toBe(`x ${shown(second)} y`)
      expect(redact(`${first}${second}`)).toBe(`${shown(first)}${shown(second)}`)
      expect(redact(`${second}${first}`)).toBe(`${shown(second)}${shown(first)}`)
    }
  })

  it('a chain of overlaps is one place', () => {
    const redact = redactorOf('12345678_abcd', 'abcd_12345678', '5678_efgh')
    expect(redact('<12345678_abcd_12345678_efgh>')).toMatch(/^<\[token [0-9a-f]{12}\]>$/)
  })

  it('one covers two others that stand apart: it is one place', () => {
    const [whole, left, right] = ['insecure_aaaa-1111-bbbb-2222', 'cure_aaaa', 'bbbb-222']
    expect(redactorOf(whole, left, right)(`<${whole}>`)).toBe(`<${shown(whole)}>`)
  })

  it('they stand side by side: each is a place of its own', () => {
    const [a, b, c] = ['insecure_aaaa', 'insecure_bbbb', 'insecure_cccc']
    expect(redactorOf(a, b, c)(`${c}${a}${b}`)).toBe(`${shown(c)}${shown(a)}${shown(b)}`)
  })

  it('the same secret twice is one', () => {
    expect(redactorOf(A, A)(A)).toBe(shown(A))
  })
})

describe('when the secrets change', () => {
  const [B, C] = ['insecure_bbbb-2222', 'insecure_cccc-3333']

  it('the new ones are taken out at once', () => {
    const redactor = new Redactor([A])
    redactor.replace([B])
    expect(redactor.redact(`${B} ${C}`)).toBe(`${shown(B)} ${C}`)
  })

  it('those that are not among them are forgotten', () => {
    const redactor = new Redactor([A, B])
    redactor.replace([B, C])
    expect(redactor.redact(`${A} ${B} ${C}`)).toBe(`${A} ${shown(B)} ${shown(C)}`)
  })

  it('one that stays is taken out through all of it', () => {
    const redactor = new Redactor([A, B])
    for (const secrets of [[A], [A, C], [C, A], [A]]) {
      redactor.replace(secrets)
      expect(redactor.redact(`x${A}x`)).toBe(`x${shown(A)}x`)
    }
  })

  it('whoever was handed `redact` before goes on with the new ones', () => {
    const redactor = new Redactor([])
    const { redact } = redactor
    redactor.replace([A])
    expect(redact(A)).toBe(shown(A))
  })
})

describe('the secrets of others', () => {
  const [B, C] = ['insecure_bbbb-2222', 'insecure_cccc-3333']

  it('are taken out once they have been added, beside those of the user', () => {
    const redactor = new Redactor([A])
    redactor.add(B)
    expect(redactor.redact(`${A} ${B}`)).toBe(`${shown(A)} ${shown(B)}`)
    redactor.replace([C])
    expect(redactor.redact(`${A} ${B} ${C}`)).toBe(`${A} ${shown(B)} ${shown(C)}`)
  })

  it('are taken out until many others have been removed after them: lines about their leaving come late', () => {
    const redactor = new Redactor([])
    for (const secret of [B, C]) redactor.add(secret)
    redactor.remove(B)
    for (let index = 1; index < REMEMBERED; index += 1) {
      redactor.add(`insecure_other-${index}`)
      redactor.remove(`insecure_other-${index}`)
    }
    expect(redactor.redact(`${B} ${C}`)).toBe(`${shown(B)} ${shown(C)}`)
    redactor.add('insecure_last-1234')
    redactor.remove('insecure_last-1234')
    expect(redactor.redact(`${B} ${C}`)).toBe(`${B} ${shown(C)}`)
  })

  it('stay as long as anybody holds them, and are taken out again when they come back', () => {
    const redactor = new Redactor([B])
    for (const secret of [B, C, C]) redactor.add(secret)
    for (const secret of [B, C]) redactor.remove(secret)
    const forget = (): void => {
      for (let index = 0; index < REMEMBERED; index += 1) {
        redactor.add(`insecure_other-${index}`)
        redactor.remove(`insecure_other-${index}`)
      }
    }
    forget()
    expect(redactor.redact(`${B} ${C}`)).toBe(`${shown(B)} ${shown(C)}`)
    redactor.remove(C)
    redactor.add(C)
    redactor.remove(C)
    redactor.replace([])
    forget()
    expect(redactor.redact(`${B} ${C}`)).toBe(`${B} ${C}`)
    redactor.add(C)
    expect(redactor.redact(C)).toBe(shown(C))
  })

  it.each([
    'puppet_registry_registrants',
    'puppet_registry_discovery_duration_seconds_bucket{le="0.005"}',
    '"level":"info","time":"2026-01-31T12',
    '2026-01-31T12:00',
    '203.0.113.177',
    '203.0.113.177:8788',
    '2001:db8::1234:5678',
    'bot-1234.example.com',
  ])('are left alone if they could be words of ours: %s', (word) => {
    const redactor = new Redactor([])
    redactor.add(word)
    expect(redactor.redact(`a ${word} b`)).toBe(`a ${word} b`)
    redactor.remove(word)
  })
})

describe('a secret of others', () => {
  const HOST = 'ec2-203-0-113-25'
  const DIGITS = '3000000000000000'
  const redactor = new Redactor([])
  for (const secret of [A, HOST, DIGITS]) redactor.add(secret)

  it.each([
    ['a sentence ends with it', `refused: ${A}.`, `refused: ${shown(A)}.`],
    [
      'it is part of an address',
      `wss://r.example/v0/hosties/${A}?x`,
      `wss://r.example/v0/hosties/${shown(A)}?x`,
    ],
    ['it is a whole field', `{"host":"${HOST}"}`, `{"host":"${shown(HOST)}"}`],
  ])('is taken out where %s', (_where, text, wanted) => {
    expect(redactor.redact(text)).toBe(wanted)
  })

  it.each([`{"host":"${HOST}.compute.example"}`, `x-${HOST}`, `{"tookMs":0.${DIGITS}4}`, `1${DIGITS}`])(
    'is left alone as a part of a longer name or number: %s',
    (text) => {
      expect(redactor.redact(text)).toBe(text)
    },
  )
})

describe('whatever the secrets and the text', () => {
  // Few letters, so that secrets repeat, contain and overlap each other all the time.
  const secret = fc.string({ unit: fc.constantFrom('a', 'b', '_'), minLength: 8, maxLength: 24 })
  const tame = fc.stringMatching(/^insecure_[A-Za-z0-9._~-]{8,20}$/)
  const textOf = (secrets: readonly string[]): fc.Arbitrary<string> => {
    const part = fc.oneof(fc.constantFrom(...secrets), fc.string({ unit: 'binary', maxLength: 8 }))
    return fc.array(part).map((parts) => parts.join(''))
  }
  const scenes = (kind: fc.Arbitrary<string>) =>
    fc
      .uniqueArray(kind, { minLength: 1, maxLength: 5 })
      .chain((secrets) => textOf(secrets).map((text) => ({ secrets, text })))

  /** The places of all secrets, found letter by letter, and what a text is without them. */
  function plainly(secrets: readonly string[], text: string): readonly string[] {
    const hidden = new Set<number>()
    for (const each of secrets) {
      for (let at = text.indexOf(each); at >= 0; at = text.indexOf(each, at + 1)) {
        for (let index = at; index < at + each.length; index += 1) hidden.add(index)
      }
    }
    const rest = Array.from({ length: text.length }, (_, index) => (hidden.has(index) ? '' : text[index]))
    return rest.map((letter) => letter ?? '')
  }

  it('no secret is left', () => {
    fc.assert(
      fc.property(fc.oneof(scenes(tame), scenes(secret)), ({ secrets, text }) => {
        const redacted = redactorOf(...secrets)(text).replace(/\[token [0-9a-f]{12}\]/g, '\u0000')
        for (const each of secrets) expect(redacted).not.toContain(each)
      }),
      { numRuns: 500 },
    )
  })

  it('what is taken out is exactly what is part of a secret, and the rest stays as it was', () => {
    fc.assert(
      fc.property(scenes(secret), ({ secrets, text }) => {
        const rest = redactorOf(...secrets)(text).replace(/\[token [0-9a-f]{12}\]/g, '')
        expect(rest).toBe(plainly(secrets, text).join(''))
      }),
      { numRuns: 500 },
    )
  })
})

describe('ten thousand secrets', () => {
  const many = Array.from({ length: 10_000 }, (_, index) => `insecure_${publicName(`${index}`)}`)
  const [one = ''] = many

  /** Redacts a text, and counts how often a part of it was compared with secrets. */
  function comparisons(redact: (text: string) => string, text: string): number {
    const original = Map.prototype.get
    let count = 0
    Map.prototype.get = function (this: Map<unknown, unknown>, key: unknown) {
      // The shorter keys are endings of secrets.
      if (typeof key === 'string' && key.length > 8) count += 1
      return original.call(this, key)
    }
    try {
      redact(text)
    } finally {
      Map.prototype.get = original
    }
    return count
  }

  it('are compared with a text no more often than one is', () => {
    const [few, all] = [redactorOf(one), redactorOf(...many)]
    const text = `{"msg":"a line as logs have them, with ${one} in it, and once more: ${one}"}`
    expect(comparisons(few, text)).toBe(2)
    expect(comparisons(all, text)).toBe(2)
    expect(comparisons(all, 'nothing listens on 127.0.0.1:8788')).toBe(0)
  })

  it('with the same ending are compared with a text no more often than one is', () => {
    const alike = many.map((token) => `${token}.example.com`)
    const text = `a line with ${alike[0]} in it, and bot.example.com`
    expect(comparisons(redactorOf(...alike), text)).toBe(2)
    expect(redactorOf(...alike)(text)).toBe(`a line with ${shown(alike[0] ?? '')} in it, and bot.example.com`)
  })

  it('of others, made to look alike, are compared with each word of a text once at most', () => {
    const redactor = new Redactor([])
    for (let length = 17; length < 512; length += 1) redactor.add(`1${'a'.repeat(length - 1)}`)
    const host = Array.from({ length: 4 }, () => 'a'.repeat(60)).join('.')
    const text = `{"host":"${host}","of":["1${'a'.repeat(40)}","${'a'.repeat(200)}"]}`
    expect(comparisons(redactor.redact, text)).toBeLessThanOrEqual(3)
    expect(redactor.redact(text)).toBe(text.replace(`1${'a'.repeat(40)}`, shown(`1${'a'.repeat(40)}`)))
  })

  it('are all taken out', () => {
    expect(redactorOf(...many)(many.join(' '))).toBe(many.map(shown).join(' '))
  })
})

describe('a password', () => {
  const PASSWORD = 'p@ss"wörd\\100%'

  it('is taken out in every spelling, within words too, and leaves no hash of itself', () => {
    const { redact } = new Redactor(['insecure_some-token'], [PASSWORD])
    for (const spelling of [PASSWORD, encodeURIComponent(PASSWORD), JSON.stringify(PASSWORD).slice(1, -1)])
      expect(redact(`x${spelling}x`)).toBe('x[password]x')
  })

  it('stays one when the tokens change', () => {
    const redactor = new Redactor([], [PASSWORD])
    redactor.replace(['insecure_other'])
    redactor.replace([])
    expect(redactor.redact(PASSWORD)).toBe('[password]')
  })
})
