import { expect, test } from 'vitest'
import type { MinutesReport, Value } from '../../../src/history/report.ts'
import { lonely, plotted, pointsOf, rowsOf, summary } from '../../../src/page/chart/duration-points.ts'

const MINUTE = 60_000
const start = Date.parse('2026-03-01T12:00:00Z')
const minutesOf = (medianMs: readonly Value[], maxMs: readonly Value[]): MinutesReport =>
  ({
    from: new Date(start).toISOString(),
    durations: { probe: { medianMs, maxMs } },
    counts: {},
    levels: {},
  }) as unknown as MinutesReport

test('takes the minutes that the span shows, the one in which it begins included', () => {
  const points = pointsOf(minutesOf([1, 2, 3, 4], [5, 6, 7, 8]), 'probe', {
    fromMs: start + 1.5 * MINUTE,
    toMs: start + 3.5 * MINUTE,
  })
  expect(points).toEqual([
    { atMs: start + MINUTE, medianMs: 2, maxMs: 6 },
    { atMs: start + 2 * MINUTE, medianMs: 3, maxMs: 7 },
    { atMs: start + 3 * MINUTE, medianMs: 4, maxMs: 8 },
  ])
})

test('knows nothing of durations that are not kept', () => {
  expect(pointsOf(minutesOf([1], [1]), 'other', { fromMs: 0, toMs: start + MINUTE })).toEqual([])
})

test('sums minutes up as their middle median and their highest maximum, without those in which nothing was measured', () => {
  const span = { fromMs: start, toMs: start + 5 * MINUTE }
  expect(summary(pointsOf(minutesOf([9, null, 1, 2], [10, null, 40, 3]), 'probe', span))).toEqual({
    medianMs: 2,
    maxMs: 40,
  })
  expect(summary([])).toEqual({ medianMs: null, maxMs: null })
})

test('makes a row of five minutes of an hour, and of an hour of a day', () => {
  const ones = (length: number): readonly Value[] => Array.from({ length }, () => 1)
  const hour = pointsOf(minutesOf(ones(60), ones(60)), 'probe', { fromMs: start, toMs: start + 60 * MINUTE })
  expect(rowsOf(hour, 0).map(({ atMs }) => (atMs - start) / MINUTE)).toEqual([
    0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55,
  ])
  const day = pointsOf(minutesOf(ones(1440), ones(1440)), 'probe', {
    fromMs: start,
    toMs: start + 1440 * MINUTE,
  })
  expect(rowsOf(day, 0)).toHaveLength(24)
})

test("begins rows at the viewer's whole hours", () => {
  const ones = Array.from({ length: 120 }, () => 1)
  const points = pointsOf(minutesOf(ones, ones), 'probe', { fromMs: start, toMs: start + 120 * MINUTE })
  // 05:30 ahead of UTC: local hours begin at half past.
  expect(rowsOf(points, 5.5 * 60 * MINUTE).map(({ atMs }) => (atMs - start) / MINUTE)).toEqual([-30, 30, 90])
})

test('draws a line over minutes in which nothing is measured as a rule, and none over an outage', () => {
  const values = [1, null, 2, null, null, null, null, null, null, 3, null]
  const span = { fromMs: start, toMs: start + 11 * MINUTE }
  const points = plotted(pointsOf(minutesOf(values, values), 'probe', span), 0)
  expect(points.map(({ maxMs }) => maxMs)).toEqual([1, 2, null, null, null, null, null, null, 3, null])
})

test('draws five minutes as one where there are more than dots on a screen', () => {
  const ones = Array.from({ length: 1440 }, () => 1)
  const span = { fromMs: start, toMs: start + 1440 * MINUTE }
  expect(plotted(pointsOf(minutesOf(ones, ones), 'probe', span), 0)).toHaveLength(288)
})

test('marks what stands alone, since there is no line of it', () => {
  expect(lonely([1, null, 2, 3, null, 4])).toEqual([0, 5])
  expect(lonely([])).toEqual([])
})
