import { expect, test } from 'vitest'
import type { MinutesReport } from '../../../src/history/report.ts'
import { recentRefusals, refusalsOf } from '../../../src/page/registry/refusals.ts'
import { REFUSALS } from '../../../src/registry/refusals.ts'

const MINUTE = 60_000
const START = Date.parse('2026-03-01T12:00:00Z')
const reportOf = (counts: MinutesReport['counts']): MinutesReport =>
  ({ from: new Date(START).toISOString(), durations: {}, counts, levels: {} }) as unknown as MinutesReport
const ALL = { fromMs: START, toMs: START + 60 * MINUTE }

test('lists refusals by reason, what happened last first, and no reason without any', () => {
  const minutes = reportOf({
    'discoveries.refused': [5, 5, 5],
    'refusals.list': [2, 3, 0],
    'refusals.rate': [0, 0, 1],
    'refusals.full': [0, 0, 0],
    'refusals.path': [0, 9, 0],
  })
  expect(refusalsOf(minutes, ALL).map(({ reason, count, lastMs }) => [reason, count, lastMs])).toEqual([
    ['rate', 1, START + 2 * MINUTE],
    ['path', 9, START + MINUTE],
    ['list', 5, START + MINUTE],
  ])
})

test('counts what the span shows only', () => {
  const minutes = reportOf({ 'refusals.list': [2, 3, 4] })
  expect(refusalsOf(minutes, { fromMs: START + MINUTE, toMs: START + 1.5 * MINUTE })).toMatchObject([
    { count: 3 },
  ])
})

test.each(Object.keys(REFUSALS))('says why and what to do where registrants are refused for %s', (reason) => {
  const [refusal] = refusalsOf(reportOf({ [`refusals.${reason}`]: [1] }), ALL)
  expect(refusal?.why).toMatch(/ /)
  expect(refusal?.remedy).toMatch(/^[a-z].*[^.]$/)
})

test('what was refused in the last five minutes is recent', () => {
  const minutes = reportOf({
    'refusals.full': [100, 1, 2, 3, 4, 0],
    'refusals.busy': [1],
    'refusals.rate': [7],
  })
  expect(recentRefusals(minutes, ['full', 'busy'])).toBe(11)
})
