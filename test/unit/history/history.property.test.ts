import fc from 'fast-check'
import { expect, it } from 'vitest'
import { History } from '../../../src/history/history.ts'
import { STATES_KEPT } from '../../../src/history/past-states.ts'
import {
  DAY_MS,
  EVENTS_KEPT,
  type HistoryReport,
  MINUTES_KEPT,
  type StateReport,
} from '../../../src/history/report.ts'
import { mergeHistory } from '../../../src/page/merge-history.ts'
import { SettableClock } from './settable-clock.ts'

const MINUTE_MS = 60_000
const NAMES = { states: ['one', 'other'], durations: ['time'], counts: ['times'], levels: ['many'] } as const

/** One thing that happens. */
type Step =
  | { readonly what: 'pass' | 'jump' | 'took' | 'set'; readonly value: number }
  | {
      readonly what: 'enter'
      readonly name: 'one' | 'other'
      readonly state: string
      readonly code: string | null
    }
  | { readonly what: 'happened' | 'note' | 'told' }

const passing = fc
  .oneof(
    { weight: 6, arbitrary: fc.double({ min: 0, max: 3000, noNaN: true }) },
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 5 * MINUTE_MS }) },
    // The machine sleeps, or the process is stopped.
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 * DAY_MS }) },
  )
  .map((value): Step => ({ what: 'pass', value }))

const single = fc.oneof(
  { weight: 4, arbitrary: passing },
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constant('enter' as const),
      name: fc.constantFrom('one', 'other'),
      state: fc.constantFrom('up', 'down'),
      code: fc.constantFrom(null, 'CODE'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .double({ min: 0.01, max: 200_000, noNaN: true })
      .map((value): Step => ({ what: 'took', value })),
  },
  { weight: 1, arbitrary: fc.nat(10_000).map((value): Step => ({ what: 'set', value })) },
  { weight: 2, arbitrary: fc.constant<Step>({ what: 'happened' }) },
  { weight: 2, arbitrary: fc.constant<Step>({ what: 'note' }) },
  { weight: 2, arbitrary: fc.constant<Step>({ what: 'told' }) },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: -400 * DAY_MS, max: 400 * DAY_MS })
      .map((value): Step => ({ what: 'jump', value })),
  },
)

/** Something goes up and down: more often than is kept, or it would not be put together. */
const flapping = fc
  .record({ times: fc.integer({ min: 2, max: 200 }), everyMs: fc.nat(20_000), isTrouble: fc.boolean() })
  .map(({ times, everyMs, isTrouble }) =>
    Array.from({ length: times }, (_, index): Step[] => {
      const isUp = index % 2 === 0
      const code = isTrouble && !isUp ? 'CODE' : null
      return [
        { what: 'pass', value: everyMs },
        { what: 'enter', name: 'one', state: isUp ? 'up' : 'down', code },
      ]
    }).flat(),
  )

const steps = fc
  .array(
    fc.oneof({ weight: 30, arbitrary: single.map((step) => [step]) }, { weight: 1, arbitrary: flapping }),
    { maxLength: 300, size: 'max' },
  )
  .map((chunks) => chunks.flat())

interface Entered {
  readonly atMs: number
  readonly state: string
  readonly code: string | null
}

/** Keeps everything, simply. */
class Model {
  readonly states: Record<'one' | 'other', Entered[]> = { one: [], other: [] }
  readonly took: { readonly minute: number; readonly ms: number }[] = []
  readonly happened: number[] = []
  readonly levels: { readonly minute: number; readonly value: number }[] = []
}

/** Does the steps, and returns what was asked for at `told`, and in the end. */
function live(all: readonly Step[]): {
  history: History
  clock: SettableClock
  model: Model
  startMs: number
  merged: HistoryReport
} {
  const clock = new SettableClock()
  const startMs = Math.floor(clock.now())
  const history = new History(NAMES, clock)
  const model = new Model()
  let merged = mergeHistory(undefined, history.report())
  let toldMs = clock.now()
  const minute = (): number => Math.floor((Math.floor(clock.now()) - startMs) / MINUTE_MS)
  for (const step of [...all, { what: 'told' } as const]) {
    switch (step.what) {
      case 'pass':
        clock.pass(step.value)
        break
      case 'jump':
        clock.wallMs += step.value
        break
      case 'enter': {
        const { name, state, code } = step
        history.enter(name, state, code)
        const last = model.states[name].at(-1)
        if (last?.state !== state || last.code !== code)
          model.states[name].push({ atMs: Math.floor(clock.now()), state, code })
        break
      }
      case 'took':
        history.took('time', step.value)
        model.took.push({ minute: minute(), ms: step.value })
        break
      case 'set':
        history.set('many', step.value)
        model.levels.push({ minute: minute(), value: step.value })
        break
      case 'happened':
        history.happened('times')
        model.happened.push(minute())
        break
      case 'note':
        history.note('info', `at ${clock.now()}`, null)
        break
      case 'told':
        merged = mergeHistory(merged, history.report(toldMs))
        toldMs = clock.now()
    }
  }
  return { history, clock, model, startMs, merged }
}

function lived(check: (life: ReturnType<typeof live>) => void): void {
  fc.assert(
    fc.property(steps, (all) => {
      check(live(all))
    }),
    { numRuns: 25 },
  )
}

it('increments, put together, are the same as a report of all of it', () => {
  lived(({ history, merged }) => expect(merged).toEqual(history.report()))
})

it('each report is bounded and in order, and has a state for each instant from the first one on', () => {
  lived(({ history, model }) => {
    const { states, minutes, events, since, until } = history.report()
    for (const name of ['one', 'other'] as const) {
      const all = states[name] ?? []
      expect(all.length).toBeLessThanOrEqual(STATES_KEPT)
      expect(all.map(({ at }) => at)).toEqual(all.map(({ at }) => at).toSorted())
      expect(all.map(({ number }) => number)).toEqual(
        all.map(({ number }) => number).toSorted((a, b) => a - b),
      )
      const entered = model.states[name]
      if (entered.length > 0) expect(all.length).toBeGreaterThan(0)
      const first = all[0]
      if (first !== undefined && first.number > 1) expect(first.at <= since).toBe(true)
    }
    expect(events.length).toBeLessThanOrEqual(EVENTS_KEPT)
    const length = minutes.levels.many?.length ?? 0
    expect(length).toBeLessThanOrEqual(MINUTES_KEPT)
    const untilMs = Date.parse(minutes.from) + length * MINUTE_MS
    expect(untilMs).toBeGreaterThan(Date.parse(until))
    expect(untilMs - Date.parse(until)).toBeLessThanOrEqual(MINUTE_MS)
  })
})

it('the state at any instant is the one that it was, or is among those that were put together and counted', () => {
  lived(({ history, model, startMs }) => {
    const report = history.report()
    const ms = (text: string): number => Date.parse(text) - Date.parse(report.started) + startMs
    for (const name of ['one', 'other'] as const) {
      const all = report.states[name] ?? []
      for (const [index, past] of all.entries()) {
        const next = all[index + 1]
        const entered = model.states[name].slice(past.number - 1, next && next.number - 1)
        expect(entered[0]?.atMs).toBe(ms(past.at))
        expect(entered.length).toBe(past.changes + 1)
        expect(entered.some(isLike(past))).toBe(true)
        if (entered.some(({ code }) => code !== null)) expect(past.code).not.toBeNull()
      }
    }
  })
})

function isLike({ state, code }: StateReport): (entered: Entered) => boolean {
  return (entered) => entered.state === state && entered.code === code
}

it('minutes have what a recount says: each count, each level, the maximum, and the median to 5 %', () => {
  lived(({ history, model }) => {
    const { minutes } = history.report()
    const recounted = recount(model)
    const { times = [] } = minutes.counts
    const { many = [] } = minutes.levels
    const { medianMs = [], maxMs = [] } = minutes.durations.time ?? {}
    const wrong = times.flatMap((count, index) => {
      const minute = minutes.first + index
      const { happened, level, tookMs } = recounted(minute)
      const median = tookMs[Math.ceil(tookMs.length / 2) - 1]
      // Beside the buckets, three digits.
      const isRight =
        count === happened &&
        many[index] === level &&
        isNear(medianMs[index], median, 0.055) &&
        isNear(maxMs[index], tookMs.at(-1), 0.006)
      const found = { count, level: many[index], median: medianMs[index], max: maxMs[index] }
      return isRight ? [] : [{ minute, found, happened, level, tookMs }]
    })
    expect(wrong).toEqual([])
  })
})

function isNear(found: number | null | undefined, wanted: number | undefined, share: number): boolean {
  if (wanted === undefined) return found === null
  return typeof found === 'number' && Math.abs(found - wanted) <= wanted * share
}

function recount({ happened, levels, took }: Model): (minute: number) => {
  happened: number
  level: number
  tookMs: readonly number[]
} {
  return (minute) => ({
    happened: happened.filter((each) => each === minute).length,
    level: levels.findLast((each) => each.minute <= minute)?.value ?? 0,
    tookMs: took
      .filter((each) => each.minute === minute)
      .map(({ ms }) => ms)
      .toSorted((a, b) => a - b),
  })
}
