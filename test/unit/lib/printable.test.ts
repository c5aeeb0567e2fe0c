import fc from 'fast-check'
import { expect, it } from 'vitest'
import { printable, printableName } from '../../../src/lib/printable.ts'

const same = (text: string): string => text

it.each([
  ['plain', 'token expired', 'token expired'],
  ['another language', 'токен 令牌 töken', 'токен 令牌 töken'],
  ['lines', 'one\r\ntwo\tthree\n', 'one two three'],
  ['colours and the bell', '\x1b[31mred\x07', '[31mred'],
  ['one-byte terminal escapes', '\x9b31mred', '31mred'],
  ['the other direction of writing', 'a\u202eb\u2066c', 'a b c'],
  ['what has no width', 'a\u200bb\ufeffc', 'a b c'],
  ['half a character', 'a\ud800b', 'a b'],
  ['nothing', '\0\0', ''],
])('what a stranger wrote keeps what can be printed: %s', (_what, text, shown) => {
  expect(printable(text, same)).toBe(shown)
})

it('is cut after a hundred characters, and no character is halved', () => {
  expect(printable('😀'.repeat(101), same)).toBe(`${'😀'.repeat(100)}…`)
  expect(printable('😀'.repeat(100), same)).toBe('😀'.repeat(100))
})

it('loses its secrets before it is cut: no half of one is left', () => {
  const redact = (text: string): string => text.replaceAll('insecure_secret', '[token]')
  expect(printable(`${'a'.repeat(95)}insecure_secret`, redact)).toBe(`${'a'.repeat(95)}[toke…`)
})

it('is one line that moves no cursor, whatever it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const shown = printable(text, same)
      expect(shown).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
      expect([...shown].length).toBeLessThanOrEqual(101)
    }),
  )
})

it('the name of a file stays as long as it is, and changes neither a line nor the direction of writing', () => {
  expect(printableName('a\r\nb\x1b[31m\u202ec')).toBe('a??b?[31m?c')
  expect(printableName('令牌 1.txt')).toBe('令牌 1.txt')
})
