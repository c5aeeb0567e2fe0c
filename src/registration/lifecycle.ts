import { assertNever } from '../assert-never.ts'
import { backoffMs } from './backoff.ts'
import type { Context, Effect, Lifecycle, LifecycleEvent, LifecycleSettings, Memory, Step } from './life.ts'
import type { Verdict } from './verdict.ts'

/** The next step of a registration's life. Pure: the same arguments, the same answer. */
export function step(life: Lifecycle, event: LifecycleEvent, context: Context): Step {
  if (life.state === 'stopped') return unchanged(life)
  if ('attempt' in event && event.attempt !== life.attempt) return unchanged(life)
  switch (event.type) {
    case 'want':
      return wanted(life, context)
    case 'withdraw':
      return leave(life, 'idle', context)
    case 'stop':
      return leave(life, 'stopped', context)
    case 'timer':
      return timeUp(life, context)
    case 'opened':
      if (life.state !== 'connecting') return unchanged(life)
      return {
        life: { ...memory(life), state: 'open' },
        effects: [],
        timerMs: context.settings.acknowledgementMs,
      }
    case 'turn':
      return life.state === 'queued' ? connect(life) : unchanged(life)
    case 'acknowledged':
      if (life.state === 'open') return register(life, true, context)
      return unchanged(life.state === 'registered' ? { ...life, confirmed: true } : life)
    case 'silent':
      return life.state === 'registered' ? reconnect(life, context) : unchanged(life)
    case 'unreachable':
      return life.state === 'connecting' ? queue(life) : unchanged(life)
    case 'ended':
      return ended(life, event.verdict, context)
    default:
      return assertNever(event)
  }
}

function unchanged(life: Lifecycle): Step {
  return { life, effects: [] }
}

function memory({ attempt, failures, refusals }: Lifecycle): Memory {
  return { attempt, failures, refusals }
}

function queue(life: Lifecycle): Step {
  return { life: { ...memory(life), state: 'queued' }, effects: [{ type: 'queue' }], timerMs: null }
}

function connect(life: Lifecycle): Step {
  const attempt = life.attempt + 1
  return {
    life: { ...memory(life), state: 'connecting', attempt },
    effects: [{ type: 'connect', attempt }],
    timerMs: null,
  }
}

function wanted(life: Lifecycle, { nowMs, settings }: Context): Step {
  if (life.state === 'closing') return unchanged(life.next === 'idle' ? { ...life, next: 'queued' } : life)
  if (life.state !== 'idle') return unchanged(life)
  // A puppet that flaps must not wash away what the registry asked for.
  if (life.notBeforeMs <= nowMs) return queue(life)
  const state = life.refusals >= settings.refusalsAllowed ? 'refused' : 'waiting'
  return {
    life: { ...memory(life), state, untilMs: life.notBeforeMs, reason: life.reason },
    effects: [],
    timerMs: life.notBeforeMs - nowMs,
  }
}

/** Withdraws: in every state, and it wins over everything that is under way. */
function leave(life: Lifecycle, to: 'idle' | 'stopped', { nowMs, settings }: Context): Step {
  switch (life.state) {
    case 'idle':
      return to === 'idle' ? unchanged(life) : { life: stopped(life), effects: [], timerMs: null }
    case 'queued':
      return {
        life: to === 'idle' ? idle(life, nowMs, '') : stopped(life),
        effects: [{ type: 'unqueue' }],
        timerMs: null,
      }
    case 'connecting':
      return {
        life: to === 'idle' ? idle(life, nowMs, '') : stopped(life),
        effects: [{ type: 'terminate', attempt: life.attempt, cause: 'withdrawn' }],
        timerMs: null,
      }
    case 'open':
    case 'registered':
      return {
        life: { ...memory(settled(life, nowMs, settings)), state: 'closing', next: to },
        effects: [{ type: 'close', attempt: life.attempt }],
        timerMs: settings.closeMs,
      }
    case 'waiting':
    case 'refused':
      return {
        life: to === 'idle' ? idle(life, life.untilMs, life.reason) : stopped(life),
        effects: [],
        timerMs: null,
      }
    case 'closing':
      return unchanged(life.next === 'stopped' ? life : { ...life, next: to })
    case 'stopped':
      return unchanged(life)
    default:
      return assertNever(life)
  }
}

function idle(life: Lifecycle, notBeforeMs: number, reason: string): Lifecycle {
  return { ...memory(life), state: 'idle', notBeforeMs, reason }
}

function stopped(life: Lifecycle): Lifecycle {
  return { ...memory(life), state: 'stopped' }
}

function register(life: Lifecycle, confirmed: boolean, { nowMs }: Context): Step {
  const { attempt, failures } = life
  return {
    // Written out: V8 makes a class of its own for each object that is spread and then added to.
    life: { attempt, failures, refusals: 0, state: 'registered', sinceMs: nowMs, confirmed },
    effects: [],
    timerMs: null,
  }
}

function timeUp(life: Lifecycle, context: Context): Step {
  switch (life.state) {
    case 'open':
      return register(life, false, context)
    case 'waiting':
    case 'refused':
      return queue(life)
    case 'closing': {
      const after = closed(life, context)
      const terminate: Effect = { type: 'terminate', attempt: life.attempt, cause: 'withdrawn' }
      return { ...after, effects: [terminate, ...after.effects] }
    }
    default:
      return unchanged(life)
  }
}

/** No pong in time: the link is dead, and the other end of it may hold the token until TCP gives up. */
function reconnect(life: Lifecycle, { nowMs, settings }: Context): Step {
  const anew = queue(settled(life, nowMs, settings))
  return {
    ...anew,
    effects: [{ type: 'terminate', attempt: life.attempt, cause: 'heartbeat' }, ...anew.effects],
  }
}

/** Forgets failures, once the registration has lasted. */
function settled(life: Lifecycle, nowMs: number, { graceMs }: LifecycleSettings): Lifecycle {
  return life.state === 'registered' && nowMs - life.sinceMs >= graceMs ? { ...life, failures: 0 } : life
}

function closed(life: Lifecycle & { state: 'closing' }, { nowMs }: Context): Step {
  if (life.next === 'queued') return queue(life)
  return { life: life.next === 'idle' ? idle(life, nowMs, '') : stopped(life), effects: [], timerMs: null }
}

function ended(life: Lifecycle, verdict: Verdict, context: Context): Step {
  if (life.state === 'closing') return closed(life, context)
  if (life.state !== 'connecting' && life.state !== 'open' && life.state !== 'registered')
    return unchanged(life)
  const { nowMs, chance, settings } = context
  const failures = settled(life, nowMs, settings).failures + 1
  const refusals = verdict.kind === 'refused' ? life.refusals + 1 : 0
  const refused = refusals >= settings.refusalsAllowed
  const waitMs = refused
    ? settings.refusedRetryMs
    : Math.max(backoffMs(failures, chance, settings), verdict.kind === 'later' ? (verdict.afterMs ?? 0) : 0)
  return {
    life: {
      attempt: life.attempt,
      failures,
      refusals,
      state: refused ? 'refused' : 'waiting',
      untilMs: nowMs + waitMs,
      reason: life.state === 'registered' ? verdict.reason : `${verdict.stage}: ${verdict.reason}`,
    },
    effects: [],
    timerMs: waitMs,
  }
}
