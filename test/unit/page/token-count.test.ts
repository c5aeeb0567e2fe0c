import { expect, test } from 'vitest'
import { CountReadOut, countWords } from '../../../src/page/token-table/token-count.ts'

test('says which tokens are shown, of how many, and what was looked for', () => {
  expect(countWords({ offset: 0, shown: 0, matching: 0, text: '' })).toBe('There is no token.')
  expect(countWords({ offset: 0, shown: 0, matching: 0, text: 'ab' })).toBe('No token with “ab”.')
  expect(countWords({ offset: 0, shown: 1, matching: 1, text: '' })).toBe('1 token')
  expect(countWords({ offset: 100, shown: 100, matching: 1204, text: '40' })).toBe(
    '101 to 200 of 1,204 tokens with “40”',
  )
})

test('reads out the count that somebody asked for, and not each one that comes by itself', () => {
  const readOut = new CountReadOut()
  expect(readOut.said('1 to 100 of 1,204 tokens')).toBe('')
  readOut.ask()
  expect(readOut.said('101 to 200 of 1,204 tokens')).toBe('101 to 200 of 1,204 tokens')
  expect(readOut.said('101 to 200 of 1,205 tokens')).toBe('101 to 200 of 1,204 tokens')
  readOut.ask()
  expect(readOut.said('2 tokens with “40”')).toBe('2 tokens with “40”')
})
