import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextRegistration } from '../../../../src/sidecar/registration/reducer.ts'
import {
  initialState,
  type ReducerEvent,
  type ReducerState,
} from '../../../../src/sidecar/registration/state.ts'
import { at, away, broken, EVENTS, later, refusal, STATES } from './registration-states.ts'

type State = keyof typeof STATES
type Event = keyof typeof EVENTS

/**
 * What each event makes of each state: the next state, the effects, and the timer if it changes. An event that is not
 * named changes nothing.
 */
const TABLE: Record<State, Partial<Record<Event, string>>> = {
  idle: {
    register: 'queued queue no timer',
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
    'ended: away': 'waiting timer 1500',
    'ended: busy': 'waiting timer 43000',
    'ended: refused': 'waiting timer 1000',
  },
  open: {
    withdraw: 'closing close:7 timer 800',
    stop: 'closing close:7 timer 800',
    timer: 'registered no timer',
    acknowledged: 'registered no timer',
    ended: 'waiting timer 1000',
    'ended: away': 'waiting timer 1500',
    'ended: busy': 'waiting timer 43000',
    'ended: refused': 'waiting timer 1000',
  },
  registered: {
    withdraw: 'closing close:7 timer 800',
    stop: 'closing close:7 timer 800',
    silent: 'queued terminate:7 queue no timer',
    ended: 'waiting timer 0',
    'ended: away': 'waiting timer 1500',
    'ended: busy': 'waiting timer 43000',
    'ended: refused': 'waiting timer 0',
  },
  // One that had lasted is taken up again at once, whatever ended it.
  lasting: {
    withdraw: 'closing close:7 timer 800',
    stop: 'closing close:7 timer 800',
    silent: 'queued terminate:7 queue no timer',
    ended: 'waiting timer 100',
    'ended: away': 'waiting timer 100',
    'ended: busy': 'waiting timer 100',
    'ended: refused': 'waiting timer 100',
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
    register: 'closing',
    stop: 'closing',
    timer: 'idle terminate:7 no timer',
    ended: 'idle no timer',
    'ended: away': 'idle no timer',
    'ended: busy': 'idle no timer',
    'ended: refused': 'idle no timer',
  },
  reopening: {
    withdraw: 'closing',
    stop: 'closing',
    timer: 'queued terminate:7 queue no timer',
    ended: 'queued queue no timer',
    'ended: away': 'queued queue no timer',
    'ended: busy': 'queued queue no timer',
    'ended: refused': 'queued queue no timer',
  },
  stopping: {
    timer: 'stopped terminate:7 no timer',
    ended: 'stopped no timer',
    'ended: away': 'stopped no timer',
    'ended: busy': 'stopped no timer',
    'ended: refused': 'stopped no timer',
  },
  stopped: {},
}

function outcome(before: ReducerState, event: ReducerEvent): string {
  const { next: current, effects, timerMs } = nextRegistration(before, event, at(100_000))
  if (effects.length === 0 && timerMs === undefined && JSON.stringify(current) === JSON.stringify(before))
    return '='
  const done = effects.map((effect) =>
    'attempt' in effect ? `${effect.type}:${effect.attempt}` : effect.type,
  )
  const timer = timerMs === undefined ? [] : [timerMs === null ? 'no timer' : `timer ${timerMs}`]
  return [current.state, ...done, ...timer].join(' ')
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
    (_name, current) => {
      const { next: left, effects } = nextRegistration(current, { type: 'withdraw' }, at(100_000))
      expect(['idle', 'closing', 'stopped']).toContain(left.state)
      if (left.state === 'closing') expect(left.afterClose).not.toBe('queued')
      expect(effects.filter(({ type }) => type === 'connect' || type === 'queue')).toEqual([])
    },
  )

  it.each(Object.entries(STATES))('drops what an older attempt says in %s', (_name, current) => {
    for (const event of Object.values(EVENTS)) {
      if ('attempt' in event) expect(outcome(current, { ...event, attempt: 6 })).toBe('=')
    }
  })
})

it('an acknowledgement that comes late confirms what was taken for registered', () => {
  const assumed = nextRegistration(STATES.open, { type: 'timer' }, at(5000)).next
  expect(assumed).toMatchObject({ state: 'registered', confirmed: false })
  expect(nextRegistration(assumed, EVENTS.acknowledged, at(6000)).next).toMatchObject({
    state: 'registered',
    confirmed: true,
  })
})

it('any sequence of events: one attempt or one place in the queue at a time, and what was begun is ended', () => {
  const failures = fc.constantFrom(broken, away, refusal, later)
  const events = fc.oneof(
    fc.constantFrom<ReducerEvent>(EVENTS.register, EVENTS.withdraw, EVENTS.timer, EVENTS.turn, EVENTS.stop),
    fc
      .constantFrom('opened', 'acknowledged', 'silent', 'unreachable')
      .map((type) => ({ type, attempt: 0 }) as ReducerEvent),
    failures.map((failure) => ({ type: 'ended', attempt: 0, failure }) as ReducerEvent),
  )
  fc.assert(
    fc.property(fc.array(events, { maxLength: 60, size: 'max' }), (sequence) => {
      let current: ReducerState = initialState
      const alive = new Set<number>()
      let places = 0
      for (const [index, blank] of sequence.entries()) {
        const event = 'attempt' in blank ? { ...blank, attempt: current.attempt } : blank
        const over =
          event.type === 'ended' || (event.type === 'unreachable' && current.state === 'connecting')
        if (over) alive.delete(current.attempt)
        if (event.type === 'turn' && current.state === 'queued') places -= 1
        const next = nextRegistration(current, event, at(index * 1000, 0.5))
        for (const effect of next.effects) {
          if (effect.type === 'terminate') alive.delete(effect.attempt)
          if (effect.type === 'connect') alive.add(effect.attempt)
          if (effect.type === 'queue') places += 1
          if (effect.type === 'unqueue') places -= 1
        }
        current = next.next
        expect(alive.size).toBeLessThanOrEqual(1)
        const settled = ['idle', 'queued', 'waiting', 'refused', 'stopped'].includes(current.state)
        if (settled) expect(alive.size).toBe(0)
        expect(places).toBe(current.state === 'queued' ? 1 : 0)
      }
    }),
    { numRuns: 500 },
  )
})
