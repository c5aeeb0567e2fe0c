import { expect, it } from 'vitest'
import { DAY_MS, MINUTES_KEPT } from '../../../src/history/report.ts'
import type { RegistrationState, SidecarEvent } from '../../../src/sidecar/events.ts'
import { SidecarHistory } from '../../../src/sidecar/status/sidecar-history.ts'
import { SidecarState } from '../../../src/sidecar/status/sidecar-state.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { names, puppet, registration, tokens } from '../sidecar/status/status-harness.ts'
import { SettableClock } from './settable-clock.ts'

const COUNT = 10_000
const STEP_MS = 10_000
const HOURS = 25
const RESTART_HOURS = 6
const STEPS_AN_HOUR = 360
const WAY_BACK: readonly RegistrationState[] = ['queued', 'connecting', 'open', 'registered']
const WAY_OUT: readonly RegistrationState[] = ['closing', 'idle']

/** A day and an hour of a sidecar with ten thousand tokens: the puppet restarts every six hours, and one token comes and goes all the time. */
function liveThrough(): { kept: SidecarHistory; probesMs: number[][]; restarts: number; events: number } {
  const clock = new SettableClock(0)
  const state = new SidecarState(clock)
  const kept = new SidecarHistory(state, clock)
  const all = names(COUNT)
  const probesMs: number[][] = []
  let events = 0
  let restarts = 0
  const record = (event: SidecarEvent): void => {
    state.apply(event)
    kept.record(event)
    events += 1
  }
  const go = (way: readonly RegistrationState[]): void => {
    for (const next of way) for (const id of all) record(registration(id, next))
  }
  record(tokens(...all))
  record(puppet('healthy'))
  go(WAY_BACK)
  for (let step = 0; step < HOURS * STEPS_AN_HOUR; step += 1) {
    const minute = Math.floor(clock.nowMs / 60_000)
    const times = probesMs[minute] ?? []
    probesMs[minute] = times
    for (let probe = 0; probe < 5; probe += 1) {
      const tookMs = 1 + ((step * 7 + probe) % 50)
      times.push(tookMs)
      record({ type: 'probed', result: { ok: true, tls: true, health: 'SERVING', tookMs } })
    }
    record({ type: 'pong', id: all[step % COUNT] ?? '', rttMs: 3 })
    // In the middle of an hour, and back a minute later.
    const phase = step % (RESTART_HOURS * STEPS_AN_HOUR)
    const isAway = phase >= 180 && phase < 186
    if (phase === 180) {
      restarts += 1
      record(puppet('unhealthy', 'connection refused'))
      go(WAY_OUT)
    }
    if (phase === 186) {
      record(puppet('healthy'))
      go(WAY_BACK)
    }
    if (!isAway) record(registration('t7', step % 2 === 0 ? 'waiting' : 'registered'))
    clock.pass(STEP_MS)
  }
  return { kept, probesMs, restarts, events }
}

it('after a day with 10,000 tokens, each restart of the puppet is told, though one token has come and gone 4,000 times', () => {
  const { kept, probesMs, restarts, events } = liveThrough()
  // The first one was over a day ago.
  const told = restarts - 1
  expect(told).toBe(4)
  expect(events).toBeGreaterThan(300_000)
  const report = kept.history.report()
  expect(Date.parse(report.until) - Date.parse(report.since)).toBe(DAY_MS)

  const unhealthy = report.states.puppet?.filter(({ state }) => state === 'unhealthy')
  expect(unhealthy?.length).toBe(told)
  expect(report.states.puppet?.every(({ changes }) => changes === 0)).toBe(true)

  // What is registered has changed too often to be told one by one, and the puppet's restarts stand out among it all the same.
  const registered = report.states.registered ?? []
  expect(registered[0]?.at && registered[0].at <= report.since).toBe(true)
  expect(registered.some(({ changes }) => changes > 10)).toBe(true)
  expect(registered.filter(({ code }) => code === 'PUPPET_REFUSED').length).toBeGreaterThanOrEqual(
    restarts - 1,
  )

  const { first, durations, levels } = report.minutes
  expect(levels.tokens).toEqual(new Array(MINUTES_KEPT).fill(COUNT))
  expect(levels.registered?.filter((level) => level === 0).length).toBe(told)
  const wrong = durations.probe?.medianMs.slice(0, -1).flatMap((found, index) => {
    const times = probesMs[first + index]?.toSorted((a, b) => a - b) ?? []
    const median = times[Math.ceil(times.length / 2) - 1] ?? Number.NaN
    const isRight = found !== null && Math.abs(found - median) <= median * 0.055
    return isRight ? [] : [{ minute: first + index, found, median }]
  })
  expect(wrong).toEqual([])
  expect(JSON.stringify(report).length).toBeLessThan(150_000)
})

it('a history has no timer: while nothing happens and nobody looks, it does nothing', async () => {
  const clock = new FakeClock()
  const kept = new SidecarHistory(new SidecarState(clock), clock)
  expect(clock.pending).toBe(0)
  await clock.advance(3 * DAY_MS)
  const { states, minutes } = kept.history.report()
  expect(clock.pending).toBe(0)
  expect(states.puppet?.map(({ state }) => state)).toEqual(['unknown'])
  expect(minutes.levels.tokens).toEqual(new Array(MINUTES_KEPT).fill(0))
  expect(minutes.durations.probe?.maxMs).toEqual(new Array(MINUTES_KEPT).fill(null))
})
