import { expect, test } from 'vitest'
import type { StateReport } from '../../../src/history/report.ts'
import { fitting, segmentsOf } from '../../../src/page/timeline/segments.ts'

const start = Date.parse('2026-03-01T12:00:00Z')
const span = { fromMs: start, toMs: start + 100_000 }
const state = (seconds: number, name: string): StateReport =>
  ({
    at: new Date(start + seconds * 1000).toISOString(),
    state: name,
    code: null,
    cause: '',
    changes: 0,
  }) as StateReport

test('places each state in per cent of the line, until the next one begins', () => {
  const segments = segmentsOf([state(0, 'healthy'), state(60, 'unhealthy'), state(70, 'healthy')], span)
  expect(segments.map(({ state, left, width, isNow }) => [state, left, width, isNow])).toEqual([
    ['healthy', 0, 60, false],
    ['unhealthy', 60, 10, false],
    ['healthy', 70, 30, true],
  ])
})

test('cuts what began before the line, and says when it really began', () => {
  const [segment] = segmentsOf([state(-500, 'healthy')], span)
  expect(segment).toMatchObject({ left: 0, width: 100, fromMs: start - 500_000, toMs: span.toMs })
})

test('leaves out what ended before the line begins', () => {
  const segments = segmentsOf([state(-500, 'unhealthy'), state(-400, 'healthy')], span)
  expect(segments.map(({ state }) => state)).toEqual(['healthy'])
})

test('leaves the line empty where nothing is known', () => {
  const [segment] = segmentsOf([state(40, 'healthy')], span)
  expect(segment).toMatchObject({ left: 40, width: 60 })
  expect(segmentsOf([], span)).toEqual([])
})

test('leaves out a state that lasted no time at all', () => {
  const segments = segmentsOf([state(0, 'unknown'), state(0, 'healthy')], span)
  expect(segments.map(({ state }) => state)).toEqual(['healthy'])
})

test('writes whole words into a stretch, or the sign alone, or nothing', () => {
  expect(fitting('✗', 'unhealthy', 200)).toBe('✗ unhealthy')
  expect(fitting('✗', 'unhealthy', 60)).toBe('✗')
  expect(fitting('✗', 'unhealthy', 10)).toBe('')
})
