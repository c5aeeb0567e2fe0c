import { expect, it } from 'vitest'
import { type HealthState, initialHealth } from '../../../../src/sidecar/health/health.ts'
import { probeIntervalMs } from '../../../../src/sidecar/health/probe-interval.ts'

const settings = { intervalMs: 500, fastIntervalMs: 200 }
const good = { outcome: 'good', count: 1 } as const
const bad = (count: number, refused: number, permanent = 0) =>
  ({ outcome: 'bad', count, refused, permanent, sinceMs: 0 }) as const

it.each([
  ['a healthy puppet that answers is settled', 'healthy', good, 500],
  ['from the first failure on, the fast interval', 'healthy', bad(1, 0), 200],
  ['a first refusal is confirmed at once', 'healthy', bad(1, 1), 10],
  ['the first answer at the start is confirmed at once', 'unknown', good, 50],
  ['a dead puppet is awaited at the fast interval', 'unhealthy', bad(50, 50), 200],
  ['the first answer of a dead puppet is confirmed at once', 'unhealthy', good, 50],
  ['after that it rises at the fast interval', 'unhealthy', { ...good, count: 2 }, 200],
  ['a puppet that says no is asked again soon', 'unhealthy', bad(9, 0, 9), 200],
  ['one that says it ten times is asked half as often', 'unhealthy', bad(10, 0, 10), 400],
  ['and half of that', 'unhealthy', bad(20, 0, 20), 800],
  ['but at least every two seconds', 'unknown', bad(5000, 0, 5000), 2000],
  ['at the start, a missing puppet is awaited', 'unknown', bad(1, 0), 200],
] as const)('%s', (_rule, health, streak, pause) => {
  const state: HealthState = { ...initialHealth, health, streak }
  expect(probeIntervalMs(state, settings)).toBe(pause)
})

it('never confirms slower than the fast interval', () => {
  const state: HealthState = { ...initialHealth, health: 'healthy', streak: bad(1, 1) }
  expect(probeIntervalMs(state, { ...settings, fastIntervalMs: 5 })).toBe(5)
})
