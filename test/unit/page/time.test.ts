import { expect, test } from 'vitest'
import { clockTime, dayMinute, duration, milliseconds } from '../../../src/page/time.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

test.each([
  [-5, '0 s'],
  [40 * SECOND + 900, '40 s'],
  [3 * MINUTE, '3 min'],
  [3 * MINUTE + 5 * SECOND, '3 min 5 s'],
  [3 * HOUR + 12 * MINUTE + 59 * SECOND, '3 h 12 min'],
  [52 * HOUR, '2 d 4 h'],
])('says %d ms as "%s"', (ms, words) => {
  expect(duration(ms)).toBe(words)
})

test.each([
  [0.4237, '0.42 ms'],
  [12.3, '12 ms'],
  [1530, '1.5 s'],
])('says that something takes %d ms as "%s"', (ms, words) => {
  expect(milliseconds(ms)).toBe(words)
})

test('an instant before today has its day', () => {
  const now = new Date(2026, 10, 27, 12, 3, 11).getTime()
  const yesterday = new Date(2026, 10, 26, 13, 4, 12).getTime()
  expect([clockTime(now, now), clockTime(yesterday, now)]).toEqual(['12:03:11', '26 Nov, 13:04:12'])
  expect([dayMinute(now, now), dayMinute(yesterday, now)]).toEqual(['12:03', '26 Nov, 13:04'])
})
