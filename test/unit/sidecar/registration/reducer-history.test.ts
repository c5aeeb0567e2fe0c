import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Failure } from '../../../../src/sidecar/registration/failure.ts'
import { nextRegistration } from '../../../../src/sidecar/registration/reducer.ts'
import type { ReducerState } from '../../../../src/sidecar/registration/state.ts'
import { at, away, broken, EVENTS, later, refusal, STATES } from './registration-states.ts'

/** A token whose every attempt ends so, at the moment it begins; what it looked like after each. */
function failing(failure: Failure, chance: number, untilMs: number) {
  const seen: { readonly atMs: number; readonly state: ReducerState['state']; readonly waitMs: number }[] = []
  let current: ReducerState = { ...STATES.connecting, failures: 0, failingSinceMs: 0 }
  for (let nowMs = 0; nowMs < untilMs; ) {
    const { next: after, timerMs } = nextRegistration(
      current,
      { type: 'ended', attempt: current.attempt, failure },
      at(nowMs, chance),
    )
    const waitMs = timerMs ?? Number.NaN
    seen.push({ atMs: nowMs, state: after.state, waitMs })
    // An attempt takes a moment, even if it is refused at once.
    nowMs += waitMs + 10
    const queued = nextRegistration(after, { type: 'timer' }, at(nowMs, chance)).next
    current = nextRegistration(queued, { type: 'turn' }, at(nowMs, chance)).next
  }
  return seen
}

describe('failures', () => {
  it('obeys the time that the registry asked for, with chance on top, and no shorter pace', () => {
    const retryDelayMs = (failure: Failure, chance: number) =>
      nextRegistration(STATES.connecting, { type: 'ended', attempt: 7, failure }, at(100_000, chance)).timerMs
    expect(retryDelayMs(later, 0)).toBe(42_000)
    expect(retryDelayMs(later, 0.5)).toBe(42_500)
    expect(retryDelayMs({ ...later, afterMs: 0 }, 0.25)).toBe(750)
  })

  it('of a registry that is away: the steady pace, however often it has failed, and slower after five minutes', () => {
    const seen = failing(away, 0.999, 3_600_000)
    const waits = (fromMs: number, toMs: number): number[] =>
      seen.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).map(({ waitMs }) => waitMs)
    expect(new Set(waits(1, 300_000))).toEqual(new Set([1499]))
    expect(Math.min(...waits(900_000, 3_600_000))).toBeGreaterThan(4000)
    expect(Math.max(...waits(0, 3_600_000))).toBeLessThanOrEqual(10_000)
    expect(new Set(seen.map(({ state }) => state))).toEqual(new Set(['waiting']))
  })

  it('of one that does something wrong: backoff with jitter up to 10 s', () => {
    const waits = failing(broken, 0.5, 60_000).map(({ waitMs }) => waitMs)
    expect(waits.slice(0, 8)).toEqual([440, 550, 688, 859, 1074, 1343, 1678, 2098])
  })

  it.each([0, 0.5, 0.999])(
    'is refused after three refusals over at least 30 s, and tries each minute then, give or take a tenth (chance %d)',
    (chance) => {
      const seen = failing(refusal, chance, 600_000)
      const first = seen.findIndex(({ state }) => state === 'refused')
      expect(first).toBeGreaterThanOrEqual(2)
      expect(seen[first]?.atMs).toBeGreaterThanOrEqual(30_000)
      expect(seen[first - 1]?.atMs).toBeLessThan(30_000)
      for (const { state, waitMs } of seen.slice(first)) {
        expect(state).toBe('refused')
        expect(waitMs).toBeCloseTo(60_000 * (0.9 + 0.2 * chance))
      }
    },
  )

  it.each([
    [2, 70_000, 'waiting'],
    [3, 70_000, 'refused'],
    [3, 70_001, 'waiting'],
    [9, 99_000, 'waiting'],
  ] as const)('%i refusals, the first at %i ms, are %s at 100 s', (refusals, refusedSinceMs, state) => {
    const current: ReducerState = { ...STATES.connecting, refusals: refusals - 1, refusedSinceMs }
    expect(nextRegistration(current, EVENTS['ended: refused'], at(100_000)).next).toMatchObject({
      state,
      refusals,
    })
  })

  it('counts refusals in a row: another failure between them starts anew', () => {
    const twice = { ...STATES.connecting, refusals: 2, refusedSinceMs: 10_000 }
    for (const failure of [broken, away, later]) {
      const { next: current } = nextRegistration(twice, { type: 'ended', attempt: 7, failure }, at(100_000))
      expect(current).toMatchObject({ state: 'waiting', refusals: 0 })
      const again = nextRegistration({ ...twice, refusals: 0 }, EVENTS['ended: refused'], at(100_000)).next
      expect(again).toMatchObject({ state: 'waiting', refusals: 1, refusedSinceMs: 100_000 })
    }
  })

  it('names the stage of a failed attempt, but not of a registration that ended', () => {
    const reason = (current: ReducerState): unknown =>
      nextRegistration(current, { type: 'ended', attempt: 7, failure: broken }, at(100_000)).next
    expect(reason(STATES.connecting)).toMatchObject({ reason: 'WebSocket: broken' })
    expect(reason(STATES.registered)).toMatchObject({ reason: 'broken' })
  })
})

describe('what is remembered', () => {
  it.each([
    [4999, 6, 0],
    [5000, 0, 100],
  ])(
    'a registration lost after %i ms leaves %i failures, and %i ms to wait at most',
    (lastedMs, failures, waitMs) => {
      const current: ReducerState = { ...STATES.registered, failures: 5, sinceMs: 0 }
      const { next, timerMs } = nextRegistration(
        current,
        { type: 'ended', attempt: 7, failure: broken },
        at(lastedMs),
      )
      expect(next.failures).toBe(failures)
      expect(timerMs).toBe(waitMs)
    },
  )

  it.each([
    [10_000, 5, 3],
    [10_001, 0, 0],
  ])(
    'one that was not wanted for %i ms after it might have tried has %i failures and %i refusals',
    (idleMs, failures, refusals) => {
      const current: ReducerState = {
        ...STATES.idle,
        failures: 5,
        refusals: 3,
        notBeforeMs: 1000,
      }
      const { next } = nextRegistration(current, { type: 'register' }, at(1000 + idleMs))
      expect(next).toMatchObject({ failures, refusals })
    },
  )

  it('nothing of what was before a registration that had lasted: whatever happened, the next attempt comes within 100 ms', () => {
    const anything = fc.record({
      failures: fc.nat({ max: 1e6 }),
      failingSinceMs: fc.nat({ max: 90_000 }),
      refusals: fc.nat({ max: 100 }),
      refusedSinceMs: fc.nat({ max: 90_000 }),
      sinceMs: fc.nat({ max: 95_000 }),
      confirmed: fc.boolean(),
    })
    fc.assert(
      fc.property(
        anything,
        fc.constantFrom(broken, away, refusal, later),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (before, failure, chance) => {
          const current: ReducerState = { ...STATES.registered, ...before }
          const { next, timerMs } = nextRegistration(
            current,
            { type: 'ended', attempt: 7, failure },
            at(100_000, chance),
          )
          expect(timerMs).toBe(100 * chance)
          expect(next).toMatchObject({
            state: 'waiting',
            failures: 0,
            failingSinceMs: 0,
            refusals: 0,
            refusedSinceMs: 0,
          })
        },
      ),
    )
  })

  it('when the failures of now began: the pace is counted from there', () => {
    const first = nextRegistration(
      { ...STATES.connecting, failures: 0, failingSinceMs: 5 },
      EVENTS['ended: away'],
      at(100_000.5),
    ).next
    expect(first).toMatchObject({ failures: 1, failingSinceMs: 100_000 })
    const second = nextRegistration(
      { ...STATES.connecting, failures: 1, failingSinceMs: 5 },
      EVENTS['ended: away'],
      at(100_000),
    ).next
    expect(second).toMatchObject({ failures: 2, failingSinceMs: 5 })
  })

  it('is not washed away by a puppet that flaps: a wait that was withdrawn is resumed', () => {
    const withdrawn = nextRegistration(STATES.waiting, { type: 'withdraw' }, at(100_000)).next
    expect(nextRegistration(withdrawn, { type: 'register' }, at(104_000))).toMatchObject({
      next: { state: 'waiting', reason: 'broken' },
      timerMs: 6000,
      effects: [],
    })
    expect(nextRegistration(withdrawn, { type: 'register' }, at(110_000)).next.state).toBe('queued')
  })

  it('knows nothing of a registry that cannot be reached: that is no failure of this token', () => {
    const before: ReducerState = { ...STATES.connecting, failures: 4, refusals: 2, refusedSinceMs: 98_000 }
    const { next: current } = nextRegistration(before, EVENTS.unreachable, at(100_000))
    expect(current).toEqual({ ...before, state: 'queued' })
  })

  it.each([
    [4999, 5],
    [5000, 0],
  ])('a link that fell silent after %i ms leaves %i failures', (lastedMs, failures) => {
    const current: ReducerState = { ...STATES.registered, failures: 5, sinceMs: 0 }
    expect(nextRegistration(current, EVENTS.silent, at(lastedMs)).next.failures).toBe(failures)
  })

  it('is, after a registration that was withdrawn, what was before it, unless it had lasted', () => {
    const left = (current: ReducerState): ReducerState =>
      nextRegistration(current, { type: 'withdraw' }, at(100_000)).next
    expect(left({ ...STATES.registered, failures: 5 }).failures).toBe(5)
    expect(left({ ...STATES.lasting, failures: 5 }).failures).toBe(0)
  })

  it('a refusal that was withdrawn is still a refusal', () => {
    const withdrawn = nextRegistration(STATES.refused, { type: 'withdraw' }, at(100_000)).next
    expect(nextRegistration(withdrawn, { type: 'register' }, at(100_001)).next.state).toBe('refused')
  })
})
