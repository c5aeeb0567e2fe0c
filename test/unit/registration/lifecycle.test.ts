import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Context,
  initialLifecycle,
  type Lifecycle,
  type LifecycleEvent,
} from '../../../src/registration/life.ts'
import { step } from '../../../src/registration/lifecycle.ts'
import { lifecycleSettings } from '../../../src/registration/settings.ts'
import type { Verdict } from '../../../src/registration/verdict.ts'

const settings = lifecycleSettings({
  backoffMaxMs: 15_000,
  heartbeat: { intervalMs: 10_000, timeoutMs: 5000 },
})
const at = (nowMs: number, chance = 1): Context => ({ nowMs, chance, settings })

const broken: Verdict = { kind: 'retry', stage: 'TCP', reason: 'broken' }
const refusal: Verdict = { kind: 'refused', stage: 'HTTP', reason: 'refused' }
const later: Verdict = { kind: 'later', stage: 'HTTP', reason: 'busy', afterMs: 42_000 }

/** One of each state, as they are at 100 s, with attempt 7 the newest. */
const memory = { attempt: 7, failures: 1, refusals: 0 }
const STATES = {
  idle: { ...memory, state: 'idle', notBeforeMs: 0, reason: '' },
  connecting: { ...memory, state: 'connecting' },
  open: { ...memory, state: 'open' },
  registered: { ...memory, state: 'registered', sinceMs: 99_000, confirmed: true, pingedMs: null },
  pinged: { ...memory, state: 'registered', sinceMs: 99_000, confirmed: true, pingedMs: 99_500 },
  waiting: { ...memory, state: 'waiting', untilMs: 110_000, reason: 'broken' },
  refused: { ...memory, refusals: 3, state: 'refused', untilMs: 400_000, reason: 'refused' },
  closing: { ...memory, state: 'closing', next: 'idle' },
  reopening: { ...memory, state: 'closing', next: 'connecting' },
  stopping: { ...memory, state: 'closing', next: 'stopped' },
  stopped: { ...memory, state: 'stopped' },
} satisfies Record<string, Lifecycle>

const EVENTS = {
  want: { type: 'want' },
  withdraw: { type: 'withdraw' },
  stop: { type: 'stop' },
  timer: { type: 'timer' },
  opened: { type: 'opened', attempt: 7 },
  acknowledged: { type: 'acknowledged', attempt: 7 },
  ponged: { type: 'ponged', attempt: 7 },
  ended: { type: 'ended', attempt: 7, verdict: broken },
} satisfies Record<string, LifecycleEvent>

/** What each event makes of each state: the next state, the effects, and the timer if it changes. `=` is "nothing". */
const TABLE: Record<keyof typeof STATES, Record<keyof typeof EVENTS, string>> = {
  idle: {
    want: 'connecting connect:8 no timer',
    withdraw: '=',
    stop: 'stopped no timer',
    timer: '=',
    opened: '=',
    acknowledged: '=',
    ponged: '=',
    ended: '=',
  },
  connecting: {
    want: '=',
    withdraw: 'idle terminate:7 no timer',
    stop: 'stopped terminate:7 no timer',
    timer: '=',
    opened: 'open timer 5000',
    acknowledged: '=',
    ponged: '=',
    ended: 'waiting timer 1000',
  },
  open: {
    want: '=',
    withdraw: 'closing close:7 timer 800',
    stop: 'closing close:7 timer 800',
    timer: 'registered timer 10000',
    opened: '=',
    acknowledged: 'registered timer 10000',
    ponged: '=',
    ended: 'waiting timer 1000',
  },
  registered: {
    want: '=',
    withdraw: 'closing close:7 timer 800',
    stop: 'closing close:7 timer 800',
    timer: 'registered ping:7 timer 5000',
    opened: '=',
    acknowledged: '=',
    ponged: '=',
    ended: 'waiting timer 1000',
  },
  pinged: {
    want: '=',
    withdraw: 'closing close:7 timer 800',
    stop: 'closing close:7 timer 800',
    timer: 'connecting terminate:7 connect:8 no timer',
    opened: '=',
    acknowledged: '=',
    ponged: 'registered timer 10000',
    ended: 'waiting timer 1000',
  },
  waiting: {
    want: '=',
    withdraw: 'idle no timer',
    stop: 'stopped no timer',
    timer: 'connecting connect:8 no timer',
    opened: '=',
    acknowledged: '=',
    ponged: '=',
    ended: '=',
  },
  refused: {
    want: '=',
    withdraw: 'idle no timer',
    stop: 'stopped no timer',
    timer: 'connecting connect:8 no timer',
    opened: '=',
    acknowledged: '=',
    ponged: '=',
    ended: '=',
  },
  closing: {
    want: 'closing',
    withdraw: '=',
    stop: 'closing',
    timer: 'idle terminate:7 no timer',
    opened: '=',
    acknowledged: '=',
    ponged: '=',
    ended: 'idle no timer',
  },
  reopening: {
    want: '=',
    withdraw: 'closing',
    stop: 'closing',
    timer: 'connecting terminate:7 connect:8 no timer',
    opened: '=',
    acknowledged: '=',
    ponged: '=',
    ended: 'connecting connect:8 no timer',
  },
  stopping: {
    want: '=',
    withdraw: '=',
    stop: '=',
    timer: 'stopped terminate:7 no timer',
    opened: '=',
    acknowledged: '=',
    ponged: '=',
    ended: 'stopped no timer',
  },
  stopped: {
    want: '=',
    withdraw: '=',
    stop: '=',
    timer: '=',
    opened: '=',
    acknowledged: '=',
    ponged: '=',
    ended: '=',
  },
}

function outcome(before: Lifecycle, event: LifecycleEvent): string {
  const { life, effects, timerMs } = step(before, event, at(100_000))
  if (effects.length === 0 && timerMs === undefined && JSON.stringify(life) === JSON.stringify(before))
    return '='
  const done = effects.map(({ type, attempt }) => `${type}:${attempt}`)
  const timer = timerMs === undefined ? [] : [timerMs === null ? 'no timer' : `timer ${timerMs}`]
  return [life.state, ...done, ...timer].join(' ')
}

describe('state × event', () => {
  const cells = Object.entries(TABLE).flatMap(([state, row]) =>
    Object.entries(row).map(([event, wanted]) => [state, event, wanted] as const),
  )
  it.each(cells)('%s, %s: %s', (state, event, wanted) => {
    expect(outcome(STATES[state as keyof typeof STATES], EVENTS[event as keyof typeof EVENTS])).toBe(wanted)
  })

  it.each(Object.entries(STATES))(
    'withdrawal wins in %s: nothing is registered or under way after it',
    (_name, life) => {
      const { life: left, effects } = step(life, { type: 'withdraw' }, at(100_000))
      expect(['idle', 'closing', 'stopped']).toContain(left.state)
      if (left.state === 'closing') expect(left.next).not.toBe('connecting')
      expect(effects.filter(({ type }) => type === 'connect' || type === 'ping')).toEqual([])
    },
  )

  it.each(Object.entries(STATES))('drops what an older attempt says in %s', (_name, life) => {
    for (const event of Object.values(EVENTS)) {
      if ('attempt' in event) expect(outcome(life, { ...event, attempt: 6 })).toBe('=')
    }
  })
})

describe('verdicts', () => {
  it('obeys the time that the registry asked for, and no shorter backoff', () => {
    expect(step(STATES.connecting, { type: 'ended', attempt: 7, verdict: later }, at(0)).timerMs).toBe(42_000)
    const soon = { ...later, afterMs: 0 }
    expect(step(STATES.connecting, { type: 'ended', attempt: 7, verdict: soon }, at(0)).timerMs).toBe(1000)
  })

  it('is refused after three refusals in a row, and tries every five minutes then', () => {
    let life: Lifecycle = { ...STATES.connecting, refusals: 0 }
    const seen: (string | number | null | undefined)[] = []
    for (let attempt = 7; attempt < 12; attempt += 1) {
      const ended = step(life, { type: 'ended', attempt, verdict: refusal }, at(0, 0))
      seen.push(ended.life.state, ended.timerMs)
      life = step(ended.life, { type: 'timer' }, at(0)).life
    }
    expect(seen).toEqual([
      'waiting',
      0,
      'waiting',
      0,
      'refused',
      300_000,
      'refused',
      300_000,
      'refused',
      300_000,
    ])
  })

  it('counts refusals in a row: another failure between them starts anew', () => {
    const twice = { ...STATES.connecting, refusals: 2 }
    const { life } = step(twice, { type: 'ended', attempt: 7, verdict: broken }, at(0))
    expect(life).toMatchObject({ state: 'waiting', refusals: 0 })
  })

  it('names the stage of a failed attempt, but not of a registration that ended', () => {
    const reason = (life: Lifecycle): unknown =>
      step(life, { type: 'ended', attempt: 7, verdict: broken }, at(100_000)).life
    expect(reason(STATES.connecting)).toMatchObject({ reason: 'TCP: broken' })
    expect(reason(STATES.registered)).toMatchObject({ reason: 'broken' })
  })
})

describe('backoff memory', () => {
  it.each([
    [59_999, 6],
    [60_000, 1],
  ])('after %i ms registered, the next failure is number %i', (lastedMs, failures) => {
    const life: Lifecycle = { ...STATES.registered, failures: 5, sinceMs: 0 }
    const { life: next } = step(life, { type: 'ended', attempt: 7, verdict: broken }, at(lastedMs))
    expect(next.failures).toBe(failures)
  })

  it('is not washed away by a puppet that flaps: a wait that was withdrawn is resumed', () => {
    const withdrawn = step(STATES.waiting, { type: 'withdraw' }, at(100_000)).life
    expect(step(withdrawn, { type: 'want' }, at(104_000))).toMatchObject({
      life: { state: 'waiting', reason: 'broken' },
      timerMs: 6000,
      effects: [],
    })
    expect(step(withdrawn, { type: 'want' }, at(110_000)).life.state).toBe('connecting')
  })

  it('a refusal that was withdrawn is still a refusal', () => {
    const withdrawn = step(STATES.refused, { type: 'withdraw' }, at(100_000)).life
    expect(step(withdrawn, { type: 'want' }, at(100_001)).life.state).toBe('refused')
  })
})

it('an acknowledgement that comes late confirms what was taken for registered', () => {
  const assumed = step(STATES.open, { type: 'timer' }, at(5000)).life
  expect(assumed).toMatchObject({ state: 'registered', confirmed: false })
  expect(step(assumed, EVENTS.acknowledged, at(6000)).life).toMatchObject({
    state: 'registered',
    confirmed: true,
  })
})

it('any sequence of events: one attempt at a time, and every connection that was begun is ended', () => {
  const verdicts = fc.constantFrom(broken, refusal, later)
  const events = fc.oneof(
    fc.constantFrom<LifecycleEvent>(EVENTS.want, EVENTS.withdraw, EVENTS.timer, { type: 'stop' }),
    fc
      .constantFrom('opened', 'acknowledged', 'ponged')
      .map((type) => ({ type, attempt: 0 }) as LifecycleEvent),
    verdicts.map((verdict) => ({ type: 'ended', attempt: 0, verdict }) as LifecycleEvent),
  )
  fc.assert(
    fc.property(fc.array(events, { maxLength: 60 }), (sequence) => {
      let life: Lifecycle = initialLifecycle
      const alive = new Set<number>()
      for (const [index, blank] of sequence.entries()) {
        const event = 'attempt' in blank ? { ...blank, attempt: life.attempt } : blank
        if (event.type === 'ended') alive.delete(life.attempt)
        const next = step(life, event, at(index * 1000, 0.5))
        for (const effect of next.effects) {
          if (effect.type === 'terminate') alive.delete(effect.attempt)
          if (effect.type === 'connect') alive.add(effect.attempt)
        }
        life = next.life
        expect(alive.size).toBeLessThanOrEqual(1)
        const settled = life.state === 'idle' || life.state === 'waiting' || life.state === 'refused'
        if (settled || life.state === 'stopped') expect(alive.size).toBe(0)
      }
    }),
    { numRuns: 500 },
  )
})
