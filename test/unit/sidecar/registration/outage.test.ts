import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  initialOutage,
  isOwnTrouble,
  nextOutage,
  type Outage,
  type OutageContext,
  type OutageEvent,
} from '../../../../src/sidecar/registration/outage.ts'

const settings = { maxMs: 10_000 }
const at = (nowMs: number, chance = 1): OutageContext => ({ nowMs, chance, settings })

/** One of each state, as they are at 100 s. */
const STATES = {
  new: initialOutage,
  none: { state: 'none', reachedMs: 90_000 },
  waiting: { state: 'waiting', failures: 3, beganMs: 95_000, untilMs: 101_000 },
  probing: { state: 'probing', failures: 3, beganMs: 95_000, sinceMs: 99_000 },
} satisfies Record<string, Outage>
type State = keyof typeof STATES

const failed = (startedMs: number): OutageEvent => ({ type: 'failed', startedMs })
const EVENTS = {
  reached: { type: 'reached' },
  timer: { type: 'timer' },
  'failed, begun at 0 s': failed(0),
  'failed, begun at 90.999 s': failed(90_999),
  'failed, begun at 91 s': failed(91_000),
  'failed, begun at 98.999 s': failed(98_999),
  'failed, begun at 99 s': failed(99_000),
  'failed, begun at 100 s': failed(100_000),
} satisfies Record<string, OutageEvent>
type Event = keyof typeof EVENTS

const FIRST = { state: 'waiting', failures: 1, beganMs: 100_000, untilMs: 101_500 } as const
const NEXT = { state: 'waiting', failures: 4, beganMs: 95_000, untilMs: 101_500 } as const
const REACHED = { state: 'none', reachedMs: 100_000 } as const

/** What each event makes of each state. An event that is not named changes nothing. */
const TABLE: Record<State, Partial<Record<Event, Outage>>> = {
  new: {
    reached: REACHED,
    'failed, begun at 0 s': FIRST,
    'failed, begun at 90.999 s': FIRST,
    'failed, begun at 91 s': FIRST,
    'failed, begun at 98.999 s': FIRST,
    'failed, begun at 99 s': FIRST,
    'failed, begun at 100 s': FIRST,
  },
  // Whoever began before another one got there has a trouble of its own.
  none: {
    reached: REACHED,
    'failed, begun at 91 s': FIRST,
    'failed, begun at 98.999 s': FIRST,
    'failed, begun at 99 s': FIRST,
    'failed, begun at 100 s': FIRST,
  },
  // Whatever fails while all wait began before.
  waiting: {
    reached: REACHED,
    timer: { state: 'probing', failures: 3, beganMs: 95_000, sinceMs: 100_000 },
  },
  // Only the one that tries for all counts.
  probing: {
    reached: REACHED,
    'failed, begun at 99 s': NEXT,
    'failed, begun at 100 s': NEXT,
  },
}

describe('state × event', () => {
  const cells = (Object.keys(STATES) as State[]).flatMap((state) =>
    (Object.keys(EVENTS) as Event[]).map((event) => [state, event] as const),
  )
  it.each(cells)('%s, %s', (state, event) => {
    const before = STATES[state]
    const after = nextOutage(before, EVENTS[event], at(100_000))
    const wanted = TABLE[state][event]
    if (wanted === undefined) expect(after).toBe(before)
    else expect(after).toEqual(wanted)
  })
})

it.each([
  ['new', 0, false],
  ['none', 89_999, true],
  // Others got there a moment before: one of several backends may be gone.
  ['none', 90_999, true],
  ['none', 91_000, false],
  ['none', 100_000, false],
  ['waiting', 0, false],
  ['probing', 0, false],
] as const)('in %s, the trouble of an attempt begun at %i ms is its own: %s', (state, startedMs, own) => {
  expect(isOwnTrouble(STATES[state], startedMs)).toBe(own)
})

/** The waits of an outage in which every attempt fails at once. */
function waitsFor(totalMs: number, chance: number, event: OutageEvent = failed(0)): number[] {
  const waits: number[] = []
  let outage: Outage = initialOutage
  for (let nowMs = 0; nowMs < totalMs; ) {
    outage = nextOutage(outage, { ...event, startedMs: nowMs } as OutageEvent, at(nowMs, chance))
    if (outage.state !== 'waiting') throw new Error(outage.state)
    waits.push(outage.untilMs - nowMs)
    nowMs = outage.untilMs
    outage = nextOutage(outage, EVENTS.timer, at(nowMs))
  }
  return waits
}

describe('the pace', () => {
  it.each([
    [0, 500],
    [0.5, 1000],
    [0.9999, 1500],
  ])('with chance %d: one attempt each %i ms for five minutes', (chance, outageRetryMs) => {
    const waits = waitsFor(300_000, chance)
    for (const waitMs of waits.slice(1)) expect(waitMs).toBe(outageRetryMs)
  })

  it('begins anywhere in such a wait: all who lose the registry together do not come back together', () => {
    expect([0, 0.25, 0.5, 0.875].map((chance) => waitsFor(1, chance)[0])).toEqual([0, 250, 500, 1000])
  })

  it('slows down after five minutes, in proportion to the time, up to the bound', () => {
    const waits = waitsFor(3_600_000, 0.5)
    for (const [index, waitMs] of waits.slice(2).entries())
      expect(waitMs).toBeGreaterThanOrEqual(waits[index + 1] ?? 0)
    expect(waits.at(-1)).toBe(6667)
    expect(Math.max(...waitsFor(3_600_000, 0.9999))).toBeLessThanOrEqual(10_000)
  })

  it('is counted from the beginning of this outage: one that is over does not slow down the next', () => {
    const long: Outage = {
      state: 'probing',
      failures: 4000,
      beganMs: 0,
      sinceMs: 3_600_000,
    }
    const over = nextOutage(long, EVENTS.reached, at(3_600_000))
    const next = nextOutage(over, failed(3_601_000), at(3_601_000))
    expect(next).toEqual({
      state: 'waiting',
      failures: 1,
      beganMs: 3_601_000,
      untilMs: 3_602_500,
    })
  })
})

describe('an outage in which nobody tries', () => {
  const probing: Outage = { state: 'probing', failures: 9, beganMs: 0, sinceMs: 20_000 }

  it('is not counted as one of the registry: the next failure begins a new one', () => {
    expect(nextOutage(probing, failed(3_600_000), at(3_600_010))).toMatchObject({
      failures: 1,
      beganMs: 3_600_010,
    })
    expect(nextOutage(probing, failed(25_000), at(25_010))).toMatchObject({ failures: 10, beganMs: 0 })
  })

  it('is at the steady pace for as long as some hold their links', () => {
    const long: Outage = { ...probing, beganMs: 0, sinceMs: 3_600_000 }
    const event = { ...failed(3_600_000), isPartial: true }
    expect(nextOutage(long, event, at(3_600_000))).toMatchObject({ untilMs: 3_601_500 })
  })
})

describe('a registry that asks to be left alone', () => {
  const asked = (afterMs: number): OutageEvent => ({
    type: 'failed',
    startedMs: 100_000,
    afterMs,
  })

  it.each([
    [0, 0, 100_000],
    [5000, 0, 105_000],
    [5000, 0.5, 105_500],
    [60_000, 0.999, 160_999],
    // The usual wait is longer.
    [0, 0.75, 100_793],
  ])('for %i ms is, with up to a second of chance on top (chance %d)', (afterMs, chance, untilMs) => {
    expect(nextOutage(initialOutage, asked(afterMs), at(100_000, chance))).toMatchObject({ untilMs })
  })

  it('is obeyed by the one that tries for all, too', () => {
    expect(nextOutage(STATES.probing, asked(30_000), at(100_000, 0))).toMatchObject({
      failures: 4,
      untilMs: 130_000,
    })
  })
})

describe('any attempts, in any order', () => {
  /** Each step takes some time; `failed` is an attempt that began so long ago. */
  const steps = fc.array(
    fc.record({
      tookMs: fc.integer({ min: 1, max: 5000 }),
      type: fc.constantFrom('reached', 'timer', 'failed', 'failed', 'failed'),
      agoMs: fc.integer({ min: 0, max: 20_000 }),
      chance: fc.double({ min: 0, max: 0.999, noNaN: true }),
    }),
    { maxLength: 100, size: 'max' },
  )
  /** Calls `look` with each step: before, event, after, now. */
  const walk = (look: (before: Outage, event: OutageEvent, after: Outage, nowMs: number) => void): void =>
    fc.assert(
      fc.property(steps, (sequence) => {
        let outage: Outage = initialOutage
        let nowMs = 0
        for (const { tookMs, type, agoMs, chance } of sequence) {
          nowMs += tookMs
          const event = type === 'failed' ? failed(Math.max(0, nowMs - agoMs)) : ({ type } as OutageEvent)
          const after = nextOutage(outage, event, at(nowMs, chance))
          look(outage, event, after, nowMs)
          outage = after
        }
      }),
      { numRuns: 300 },
    )

  it('a wait is never made longer by those that were under way: it ends with its timer, or with one that got there', () => {
    walk((before, event, after) => {
      if (before.state === 'waiting' && event.type === 'failed') expect(after).toBe(before)
      if (before.state === 'waiting' && after.state !== 'waiting') expect(event.type).not.toBe('failed')
    })
  })

  /** Whether nobody had tried for more than five seconds after somebody might. */
  const isForgotten = (before: Outage, event: OutageEvent): boolean =>
    before.state === 'probing' && event.type === 'failed' && event.startedMs - before.sinceMs > 5000

  it('one that gets there ends it, whatever was', () => {
    walk((_before, event, after, nowMs) => {
      if (event.type === 'reached') expect(after).toEqual({ state: 'none', reachedMs: nowMs })
    })
  })

  it('failures are counted one by one, and only by those that began after the last news', () => {
    walk((before, event, after) => {
      if (after === before || after.state !== 'waiting') return
      expect(event.type).toBe('failed')
      const isNew = before.state === 'none' || isForgotten(before, event)
      expect(after.failures).toBe(isNew ? 1 : before.failures + 1)
      const newsMs =
        before.state === 'probing' ? before.sinceMs : before.state === 'none' ? before.reachedMs : NaN
      expect(event.type === 'failed' && event.startedMs >= newsMs).toBe(true)
    })
  })

  it('no wait is longer than the bound', () => {
    walk((_before, _event, after, nowMs) => {
      if (after.state === 'waiting') expect(after.untilMs - nowMs).toBeLessThanOrEqual(settings.maxMs)
    })
  })

  it('it began when the first one failed, and stays so until one gets there, or nobody has tried for five seconds', () => {
    walk((before, event, after, nowMs) => {
      if (after.state === 'none') return
      const isNew = before.state === 'none' || isForgotten(before, event)
      expect(after.beganMs).toBe(isNew ? nowMs : before.beganMs)
    })
  })
})
