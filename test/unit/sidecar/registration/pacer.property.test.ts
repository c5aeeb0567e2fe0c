import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededChance } from '../../../support/chance.ts'
import { COARSE_MS, harness, overMs } from './pacer-harness.ts'

/** Timers of a machine: a millisecond early by the finer clock, up to 50 ms late. */
const LATE = { min: -1, max: 50 }
/** Sums of fractions are a little off. */
const TINY_MS = 1e-6

/** The most starts that any second holds: from each start on, the end excluded. */
function busiestSecond(startsMs: readonly number[]): number {
  let [most, first] = [0, 0]
  for (const [index, atMs] of startsMs.entries()) {
    while (atMs - (startsMs[first] ?? 0) > 1000 - TINY_MS) first += 1
    most = Math.max(most, index - first + 1)
  }
  return most
}

/** What happens. Of those that come back, each queues once more as soon as it has started. */
const happenings = fc.array(
  fc.oneof(
    fc.record({
      type: fc.constant('come' as const),
      count: fc.integer({ min: 1, max: 200 }),
      isRetry: fc.boolean(),
    }),
    fc.record({
      type: fc.constant('come and come back' as const),
      count: fc.integer({ min: 1, max: 20 }),
      isRetry: fc.boolean(),
    }),
    fc.record({ type: fc.constant('leave' as const), which: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({
      type: fc.constant('allow' as const),
      starts: fc.constantFrom(0, 1, Number.POSITIVE_INFINITY),
    }),
    fc.record({ type: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 1500 }) }),
  ),
  { maxLength: 40, size: 'max' },
)
type Happening = typeof happenings extends fc.Arbitrary<readonly (infer One)[]> ? One : never

function play(
  happening: Happening,
  { clock, pacer, places, queue, queueMany }: ReturnType<typeof harness>,
): void {
  switch (happening.type) {
    case 'come':
      queueMany(happening.count, happening.isRetry)
      return
    case 'come and come back':
      for (let count = 0; count < happening.count; count += 1)
        queue(() => queue(() => {}, true), happening.isRetry)
      return
    case 'leave':
      places[Math.floor(happening.which * places.length)]?.cancel()
      return
    case 'allow':
      return pacer.allow(happening.starts)
    case 'pass':
      clock.run(happening.ms)
  }
}

interface Setting {
  readonly perSecond: number
  readonly seed: number
  readonly happenings: readonly Happening[]
}

const settings: fc.Arbitrary<Setting> = fc.record({
  perSecond: fc.integer({ min: 1, max: 5000 }),
  seed: fc.integer(),
  happenings,
})

/** All that happens, and then as much time as it takes until everybody has started. */
function played({ perSecond, seed, happenings }: Setting): ReturnType<typeof harness> {
  const chance = seededChance(seed)
  const lateMs = (): number => LATE.min + chance() * (LATE.max - LATE.min)
  const all = harness(perSecond, { chance, lateMs })
  for (const happening of happenings) {
    play(happening, all)
    expect(all.clock.pending).toBeLessThanOrEqual(1)
  }
  all.pacer.allow(Number.POSITIVE_INFINITY)
  // The slowest that is possible: one start, or what 20 ms hold, with each timer.
  const perTimer = perSecond > 1000 / COARSE_MS ? Math.floor((perSecond * COARSE_MS) / 1000) : 1
  all.clock.run(Math.ceil((2 * all.waiting()) / perTimer) * (1000 / perSecond + LATE.max + 1) + 1000)
  return all
}

describe('whoever comes and leaves when, at any rate, with timers that are early and late', () => {
  it('no window of any length holds more starts than the rate and 20 ms of it; below 50 a second, not even those', () => {
    fc.assert(
      fc.property(settings, (setting) => {
        const { startsMs } = played(setting)
        expect(overMs(startsMs, setting.perSecond)).toBeLessThan(
          setting.perSecond <= 50 ? TINY_MS : COARSE_MS + TINY_MS,
        )
        const most = setting.perSecond <= 50 ? setting.perSecond : Math.ceil(setting.perSecond * 1.02)
        expect(busiestSecond(startsMs)).toBeLessThanOrEqual(most)
      }),
      { numRuns: 300 },
    )
  })

  it('each starts once, or not at all if it left before; nobody is forgotten; nothing is pending then', () => {
    fc.assert(
      fc.property(settings, (setting) => {
        const { clock, places } = played(setting)
        expect(
          places.filter(({ startTurns, cancelled }) => startTurns.length !== (cancelled ? 0 : 1)),
        ).toEqual([])
        expect(clock.pending).toBe(0)
      }),
      { numRuns: 300 },
    )
  })

  it('nobody is overtaken for ever: once as many of its lane have started as waited before it, no newcomer of it does', () => {
    fc.assert(
      fc.property(settings, (setting) => {
        const { places } = played(setting)
        for (const isRetry of [true, false]) {
          const lane = places.filter((place) => place.isRetry === isRetry)
          const turns = lane.flatMap(({ startTurns }) => startTurns).sort((one, other) => one - other)
          const overtaken = lane.filter(({ cameTurn, before, startTurns: [ownTurn] }) => {
            if (ownTurn === undefined) return false
            const since = turns.findIndex((turn) => turn > cameTurn)
            const roundTurn = turns[since + before] ?? Number.POSITIVE_INFINITY
            return lane.some(
              (one) => one.cameTurn > roundTurn && (one.startTurns[0] ?? Number.POSITIVE_INFINITY) < ownTurn,
            )
          })
          expect(overtaken).toEqual([])
        }
      }),
      { numRuns: 100 },
    )
  })

  it('those that try again never take more than a quarter of the turns while others wait, and always have that quarter', () => {
    fc.assert(
      fc.property(settings, (setting) => {
        const { starts } = played(setting)
        // Of any four turns in a row for which both wait, one is a retry's.
        const wrong = starts.slice(3).filter((_start, index) => {
          const four = starts.slice(index, index + 4)
          const bothWait = four.every(({ first, retries }) => first > 0 && retries > 0)
          return bothWait && four.filter(({ isRetry }) => isRetry).length !== 1
        })
        expect(wrong).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})
