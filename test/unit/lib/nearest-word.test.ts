import fc from 'fast-check'
import { expect, it } from 'vitest'
import { nearestWord } from '../../../src/lib/nearest-word.ts'

const WORDS = ['REGISTRY_TOKENS_FILE', 'REGISTRY_TLS_KEY_FILE', 'LOG_LEVEL', 'LOG_FORMAT']

it.each([
  ['a character that is missing', 'REGISTRY_TOKEN_FILE', 'REGISTRY_TOKENS_FILE'],
  ['one too many', 'LOG_LEVELS', 'LOG_LEVEL'],
  ['a wrong one', 'LOG_FORMAD', 'LOG_FORMAT'],
  ['two in the wrong order', 'REGISRTY_TOKENS_FILE', 'REGISTRY_TOKENS_FILE'],
  ['three mistakes in a long word', 'REGSTRY_TOKNS_FIL', 'REGISTRY_TOKENS_FILE'],
  ['small letters', 'log_level', 'LOG_LEVEL'],
])('finds the word that somebody meant: %s', (_what, written, meant) => {
  expect(nearestWord(written, WORDS)).toBe(meant)
})

it.each(['LOG_FILE', 'PATH', 'REGISTRY_STORAGE_FILE', '', 'LOG_FOREVER'])('%j is near none', (written) => {
  expect(nearestWord(written, WORDS)).toBeUndefined()
})

it('takes the nearest of several', () => {
  expect(nearestWord('REGISTRY_LISTEN_PORTS', ['REGISTRY_LISTEN_HOST', 'REGISTRY_LISTEN_PORT'])).toBe(
    'REGISTRY_LISTEN_PORT',
  )
})

it('finds a word of the list again after any one mistake', () => {
  const word = fc.constantFrom(...WORDS)
  const mistake = fc.nat()
  fc.assert(
    fc.property(word, mistake, (meant, place) => {
      const index = place % meant.length
      expect(nearestWord(meant.slice(0, index) + meant.slice(index + 1), WORDS)).toBe(meant)
      expect(nearestWord(`${meant.slice(0, index)}~${meant.slice(index)}`, WORDS)).toBe(meant)
    }),
  )
})
