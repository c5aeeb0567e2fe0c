import { expect, test } from 'vitest'
import type { Value } from '../../../src/history/report.ts'
import {
  latest,
  lonely,
  medianAndMaximum,
  perSecond,
  plotted,
  rowsOf,
  type Sample,
  samplesOf,
  sums,
} from '../../../src/page/chart/samples.ts'

const MINUTE = 60_000
const START = Date.parse('2026-03-01T12:00:00Z')
const minutes = { from: new Date(START).toISOString() }
const sample = (index: number, ...values: Sample['values']): Sample => ({
  atMs: START + index * MINUTE,
  values,
})
const ones = (length: number): readonly Sample[] => Array.from({ length }, (_, index) => sample(index, 1, 1))
const minutesOf = (samples: readonly Sample[]): readonly number[] =>
  samples.map(({ atMs }) => (atMs - START) / MINUTE)

test('takes the minutes that the range shows, the one in which it begins included, with a value of each column', () => {
  const range = { fromMs: START + 1.5 * MINUTE, toMs: START + 2.5 * MINUTE }
  expect(
    samplesOf(
      minutes,
      [
        [null, 0, 6, 7],
        [1, 2],
      ],
      range,
    ),
  ).toEqual([sample(1, 0, 2), sample(2, 6, null)])
})

test('knows nothing of what is not kept', () => {
  expect(samplesOf(minutes, [[], []], { fromMs: 0, toMs: START + MINUTE })).toEqual([])
})

test('sums durations up as their middle median and their highest maximum, without minutes in which nothing was measured', () => {
  const all = [sample(0, 9, 10), sample(1, null, null), sample(2, 1, 40), sample(3, 2, 3)]
  expect(medianAndMaximum(all)).toEqual([2, 40])
  expect(medianAndMaximum([])).toEqual([null, null])
})

test('adds counts up, column by column, and of levels takes the last', () => {
  const all = [sample(0, 1, null), sample(1, 2, null), sample(2, null, null)]
  expect(sums(all)).toEqual([3, null])
  expect(sums([])).toEqual([])
  expect(latest([sample(0, 1), sample(1, 2)])).toEqual([2])
})

test('counts a second: by sixty, and in the minute that is not over by the seconds that have passed', () => {
  const all = [sample(0, 120, null), sample(1, 20, 5)]
  expect(perSecond(all, START + 1.5 * MINUTE)).toEqual([sample(0, 2, null), sample(1, 20 / 30, 5 / 30)])
  expect(perSecond([sample(0, 3)], START + 10)).toEqual([sample(0, 3)])
})

test('has a row for five minutes of an hour, and for an hour of a day', () => {
  expect(minutesOf(rowsOf(ones(60), sums, 0))).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55])
  expect(rowsOf(ones(1440), sums, 0)).toHaveLength(24)
  const all = Array.from({ length: 7 }, (_, index) => sample(index, index, index === 6 ? null : 1))
  expect(rowsOf(all, sums, 0)).toEqual([sample(0, 10, 5), sample(5, 11, 1)])
  expect(rowsOf(all, latest, 0)).toEqual([sample(0, 4, 1), sample(5, 6, null)])
})

test("begins rows at the viewer's whole hours", () => {
  // 05:30 ahead of UTC: local hours begin at half past.
  expect(minutesOf(rowsOf(ones(120), medianAndMaximum, 5.5 * 60 * MINUTE))).toEqual([-30, 30, 90])
})

test('draws a line over minutes in which nothing is measured as a rule, and none over an outage', () => {
  const values: readonly Value[] = [1, null, 2, null, null, null, null, null, null, 3, null]
  const points = plotted(
    values.map((value, index) => sample(index, value, value)),
    0,
  )
  expect(points.map(({ values: [median] }) => median)).toEqual([
    1,
    2,
    null,
    null,
    null,
    null,
    null,
    null,
    3,
    null,
  ])
})

test('draws five minutes as one where there are more than dots on a screen', () => {
  expect(plotted(ones(1440), 0)).toHaveLength(288)
})

test('marks what stands alone, since there is no line of it', () => {
  expect(lonely([1, null, 2, 3, null, 4])).toEqual([0, 5])
  expect(lonely([])).toEqual([])
})
