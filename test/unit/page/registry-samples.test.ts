import { expect, test } from 'vitest'
import type { MinutesReport } from '../../../src/history/report.ts'
import { perSecond, rowsOf, type Sample, samplesOf, sums } from '../../../src/page/registry/samples.ts'

const MINUTE = 60_000
const START = Date.parse('2026-03-01T12:00:00Z')
const minutes = {
  from: new Date(START).toISOString(),
  durations: {},
  counts: { yes: [1, 2, 3, 4], no: [null, 0, 6, 7] },
  levels: { yes: [8, 9, 10, 11] },
} as unknown as MinutesReport
const sample = (index: number, ...values: Sample['values']): Sample => ({
  atMs: START + index * MINUTE,
  values,
})

test('takes the minutes that the span shows, with a value of each name', () => {
  const span = { fromMs: START + 1.5 * MINUTE, toMs: START + 2.5 * MINUTE }
  expect(samplesOf(minutes, { kind: 'counts', names: ['no', 'yes'] }, span)).toEqual([
    sample(1, 0, 2),
    sample(2, 6, 3),
  ])
  expect(samplesOf(minutes, { kind: 'levels', names: ['yes', 'other'] }, span)).toEqual([
    sample(1, 9, null),
    sample(2, 10, null),
  ])
})

test('knows nothing of names that are not kept', () => {
  expect(samplesOf(minutes, { kind: 'levels', names: ['no'] }, { fromMs: 0, toMs: START + MINUTE })).toEqual(
    [],
  )
})

test('counts a second: by sixty, and in the minute that is not over by the seconds that have passed', () => {
  const all = [sample(0, 120, null), sample(1, 20, 5)]
  expect(perSecond(all, START + 1.5 * MINUTE)).toEqual([sample(0, 2, null), sample(1, 20 / 30, 5 / 30)])
  expect(perSecond([sample(0, 3)], START + 10)).toEqual([sample(0, 3)])
})

test('adds up each column, and what is not known is nothing', () => {
  expect(sums([sample(0, 1, null), sample(1, 2, 3)], 2)).toEqual([3, 3])
  expect(sums([], 2)).toEqual([0, 0])
})

test('has a row for five minutes: counts are added up, of levels the last one counts', () => {
  const all = Array.from({ length: 7 }, (_, index) => sample(index, index, index === 6 ? null : 1))
  expect(rowsOf(all, 'counts', 0)).toEqual([sample(0, 10, 5), sample(5, 11, 1)])
  expect(rowsOf(all, 'levels', 0)).toEqual([sample(0, 4, 1), sample(5, 6, null)])
})

test('has a row for an hour of the viewer where there are many minutes', () => {
  const all = Array.from({ length: 120 }, (_, index) => sample(index, 1))
  const zoneMs = 30 * MINUTE
  expect(rowsOf(all, 'counts', zoneMs)).toEqual([sample(-30, 30), sample(30, 60), sample(90, 30)])
})
