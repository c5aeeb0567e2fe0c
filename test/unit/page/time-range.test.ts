import { expect, test } from 'vitest'
import { rangeOf, ticksOf } from '../../../src/page/time-range.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const now = Date.parse('2026-03-01T12:34:56Z')
const iso = (times: readonly number[]): readonly string[] =>
  times.map((at) => new Date(at).toISOString().slice(11, 16))

test('shows the last hour, or the last day, where so much is known', () => {
  expect(rangeOf('hour', now - 5 * HOUR, now)).toEqual({ fromMs: now - HOUR, toMs: now })
  expect(rangeOf('day', now - 30 * HOUR, now)).toEqual({ fromMs: now - 24 * HOUR, toMs: now })
})

test('shows what is known while that is less than the period, but three minutes at least', () => {
  expect(rangeOf('day', now - 5 * HOUR, now).fromMs).toBe(now - 5 * HOUR)
  expect(rangeOf('hour', now - 1000, now).fromMs).toBe(now - 3 * MINUTE)
})

test('marks whole ten minutes of an hour', () => {
  expect(iso(ticksOf({ fromMs: now - HOUR, toMs: now }, 0))).toEqual([
    '11:40',
    '11:50',
    '12:00',
    '12:10',
    '12:20',
    '12:30',
  ])
})

test("marks whole four hours of the viewer's day", () => {
  // 05:30 ahead of UTC, as in India: the local 00:00 is 18:30 in UTC.
  expect(iso(ticksOf({ fromMs: now - 24 * HOUR, toMs: now }, 5.5 * HOUR))).toEqual([
    '14:30',
    '18:30',
    '22:30',
    '02:30',
    '06:30',
    '10:30',
  ])
})

test('never makes more marks than a phone has room for', () => {
  for (let minutes = 3; minutes <= 1440; minutes += 1) {
    const ticks = ticksOf({ fromMs: now - minutes * MINUTE, toMs: now }, 0)
    expect(ticks.length, `${minutes} min`).toBeLessThanOrEqual(7)
    expect(ticks.length, `${minutes} min`).toBeGreaterThan(0)
  }
})
