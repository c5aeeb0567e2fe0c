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

const settings = lifecycleSettings({ backoffMaxMs: 15_000 })
const at = (nowMs: number, chance = 1): Context => ({ nowMs, chance, settings })

const broken: Verdict = { kind: 'retry', stage: 'TCP', shared: true, reason: 'broken' }
const refusal: Verdict = { kind: 'refused', stage: 'HTTP', shared: false, reason: 'refused' }
const later: Verdict = { kind: 'later', stage: 'HTTP', shared: false, reason: 'busy', afterMs: 42_000 }

/** One of each state, as they are at 100 s, with attempt 7 the newest. */
const memory = { attempt: 7, failures: 1, refusals: 0 }
const STATES = {
  idle: { ...memory, state: 'idle', notBeforeMs: 0, reason: '' },
  queued: { ...memory, state: 'queued' },
  connecting: { ...memory, state: 'connecting' },
  open: { ...memory, state: 'open' },
  registered: { ...memory, state: 'registered', sinceMs: 99_000, confirmed: true },
  waiting: { ...memory, state: 'waiting', untilMs: 110_000, reason: 'broken' },
  refused: { ...memory, refusals: 3, state: 'refused', untilMs: 400_000, reason: 'refused' },
  closing: { ...memory, state: 'closing', next: 'idle' },
  reopening: { ...memory, state: 'closing', next: 'queued' },
  stopping: { ...memory, state: 'closing', next: 'stopped' },
  stopped: { ...memory, state: 'stopped' },
} satisfies Record<string, Lifecycle>

const EVENTS = {
  want: { type: 'want' },
  withdraw: { type: 'withdraw' },
  stop: { type: 'stop' },
  timer: { type: 'timer' },
  turn: { type: 'turn' },
  opened: { type: 'opened', attempt: 7 },
  acknowledged: { type: 'acknowledged', attempt: 7 },
  silent: { type: 'silent', attempt: 7 },
  unreachable: { type: 'unreachable', attempt: 7 },
  ended: { type: 'ended', attempt: 7, verdict: broken },
} satisfies Record<string, LifecycleEvent>

type State = keyof typeof STATES
type Event = keyof typeof EVENTS

/**
 * What each event makes of each state: the next state, the effects, and the timer if it changes. An event that is not
 * named changes nothing.
 */
const TABLE: Record<State, Partial<Record<Event, string>>> = {
  idle: {
    want: 'queued queue no timer',
    stop: 'stopped no timer',
  },
  queued: {
    withdraw: 'idle unqueue no timer',
    stop: 'stopped unqueue no timer',
    turn: 'connecting connect:8 no timer',
  },
  connecting: {
    withdraw: 'idle terminate:7 no timer',
    stop: 'stopped terminate:7 no timer',
    opened: 'open timer 5000',
    unreachable: 'queued queue no timer',
    ended: 'waiting timer 1000',
  },
  open: {
    withdraw: 'closing close:7 timer 800',
    stop: 'closing close:7 timer 800',
    timer: 'registered no timer',
    acknowledged: 'registered no timer',
    ended: 'waiting timer 1000',
  },
  registered: {
    withdraw: 'closing close:7 timer 800',
    stop: 'closing close:7 timer 800',
    silent: 'queued terminate:7 queue no timer',
    ended: 'waiting timer 1000',
  },
  waiting: {
    withdraw: 'idle no timer',
    stop: 'stopped no timer',
    timer: 'queued queue no timer',
  },
  refused: {
    withdraw: 'idle no timer',
    stop: 'stopped no timer',
    timer: 'queued queue no timer',
  },
  closing: {
    want: 'closing',
    stop: 'closing',
    timer: 'idle terminate:7 no timer',
    ended: 'idle no timer',
  },
  reopening: {
    withdraw: 'closing',
    stop: 'closing',
    timer: 'queued terminate:7 queue no timer',
    ended: 'queued queue no timer',
  },
  stopping: {
    timer: 'stopped terminate:7 no timer',
    ended: 'stopped no timer',
  },
  stopped: {},
}

function outcome(before: Lifecycle, event: LifecycleEvent): string {
  const { life, effects, timerMs } = step(before, event, at(100_000))
  if (effects.length === 0 && timerMs === undefined && JSON.stringify(life) === JSON.stringify(before))
    return '='
  const done = effects.map((effect) =>
    'attempt' in effect ? `${effect.type}:${effect.attempt}` : effect.type,
  )
  const timer = timerMs === undefined ? [] : [timerMs === null ? 'no timer' : `timer ${timerMs}`]
  return [life.state, ...done, ...timer].join(' ')
}

describe('state × event', () => {
  const cells = (Object.keys(STATES) as State[]).flatMap((state) =>
    (Object.keys(EVENTS) as Event[]).map((event) => [state, event, TABLE[state][event] ?? '='] as const),
  )
  it.each(cells)('%s, %s: %s', (state, event, wanted) => {
    expect(outcome(STATES[state], EVENTS[event])).toBe(wanted)
  })

  it.each(Object.entries(STATES))(
    'withdrawal wins in %s: nothing is registered or under way after it',
    (_name, life) => {
      const { life: left, effects } = step(life, { type: 'withdraw' }, at(100_000))
      expect(['idle', 'closing', 'stopped']).toContain(left.state)
      if (left.state === 'closing') expect(left.next).not.toBe('queued')
      expect(effects.filter(({ type }) => type === 'connect' || type === 'queue')).toEqual([])
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
      const queued = step(ended.life, { type: 'timer' }, at(0)).life
      life = step(queued, { type: 'turn' }, at(0)).life
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
    expect(step(withdrawn, { type: 'want' }, at(110_000)).life.state).toBe('queued')
  })

  it('knows nothing of a registry that cannot be reached: that is no failure of this token', () => {
    const before: Lifecycle = { ...STATES.connecting, failures: 4, refusals: 2 }
    const { life } = step(before, EVENTS.unreachable, at(100_000))
    expect(life).toEqual({ state: 'queued', attempt: 7, failures: 4, refusals: 2 })
  })

  it.each([
    [59_999, 5],
    [60_000, 0],
  ])('a link that fell silent after %i ms leaves %i failures', (lastedMs, failures) => {
    const life: Lifecycle = { ...STATES.registered, failures: 5, sinceMs: 0 }
    expect(step(life, EVENTS.silent, at(lastedMs)).life.failures).toBe(failures)
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

it('any sequence of events: one attempt or one place in the queue at a time, and what was begun is ended', () => {
  const verdicts = fc.constantFrom(broken, refusal, later)
  const events = fc.oneof(
    fc.constantFrom<LifecycleEvent>(EVENTS.want, EVENTS.withdraw, EVENTS.timer, EVENTS.turn, EVENTS.stop),
    fc
      .constantFrom('opened', 'acknowledged', 'silent', 'unreachable')
      .map((type) => ({ type, attempt: 0 }) as LifecycleEvent),
    verdicts.map((verdict) => ({ type: 'ended', attempt: 0, verdict }) as LifecycleEvent),
  )
  fc.assert(
    fc.property(fc.array(events, { maxLength: 60, size: 'max' }), (sequence) => {
      let life: Lifecycle = initialLifecycle
      const alive = new Set<number>()
      let places = 0
      for (const [index, blank] of sequence.entries()) {
        const event = 'attempt' in blank ? { ...blank, attempt: life.attempt } : blank
        const over = event.type === 'ended' || (event.type === 'unreachable' && life.state === 'connecting')
        if (over) alive.delete(life.attempt)
        if (event.type === 'turn' && life.state === 'queued') places -= 1
        const next = step(life, event, at(index * 1000, 0.5))
        for (const effect of next.effects) {
          if (effect.type === 'terminate') alive.delete(effect.attempt)
          if (effect.type === 'connect') alive.add(effect.attempt)
          if (effect.type === 'queue') places += 1
          if (effect.type === 'unqueue') places -= 1
        }
        life = next.life
        expect(alive.size).toBeLessThanOrEqual(1)
        const settled = ['idle', 'queued', 'waiting', 'refused', 'stopped'].includes(life.state)
        if (settled) expect(alive.size).toBe(0)
        expect(places).toBe(life.state === 'queued' ? 1 : 0)
      }
    }),
    { numRuns: 500 },
  )
})
