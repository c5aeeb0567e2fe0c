import { assertNever } from '../../lib/assert-never.ts'
import type { Context, Effect, Lifecycle, LifecycleEvent, LifecycleSettings, Memory, Step } from './state.ts'
import { waitAfter } from './retry-delay.ts'
import type { Verdict } from './failure.ts'

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

function memory(life: Lifecycle): Memory {
  const { attempt, failures, failingSinceMs, refusals, refusedSinceMs } = life
  return { attempt, failures, failingSinceMs, refusals, refusedSinceMs }
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
  // What is long past is no row of failures any more.
  if (nowMs - life.notBeforeMs > settings.forgottenMs) return queue({ ...life, failures: 0, refusals: 0 })
  // But a puppet that flaps must not wash away what the registry asked for.
  if (life.notBeforeMs <= nowMs) return queue(life)
  const state = isRefused(life, nowMs, settings) ? 'refused' : 'waiting'
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
        life: { ...memory(forgetting(life, nowMs, settings)), state: 'closing', next: to },
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
  const { attempt, failures, failingSinceMs } = life
  return {
    // Written out: V8 makes a class of its own for each object that is spread and then added to.
    life: {
      attempt,
      failures,
      failingSinceMs,
      refusals: 0,
      refusedSinceMs: 0,
      state: 'registered',
      sinceMs: nowMs,
      confirmed,
    },
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
  const anew = queue(forgetting(life, nowMs, settings))
  return {
    ...anew,
    effects: [{ type: 'terminate', attempt: life.attempt, cause: 'heartbeat' }, ...anew.effects],
  }
}

/** Forgets what failed before a registration that has lasted. */
function forgetting(life: Lifecycle, nowMs: number, settings: LifecycleSettings): Lifecycle {
  return hasLasted(life, nowMs, settings) ? { ...life, failures: 0 } : life
}

function hasLasted(life: Lifecycle, nowMs: number, { lastedMs }: LifecycleSettings): boolean {
  return heldMs(life, nowMs) >= lastedMs
}

/** How long a registration has been held; 0 if it is none. */
function heldMs(life: Lifecycle, nowMs: number): number {
  return life.state === 'registered' ? nowMs - life.sinceMs : 0
}

/** Whether the registry has refused a token often enough, and for long enough, to be believed. */
export function isRefused(
  { refusals, refusedSinceMs }: Pick<Memory, 'refusals' | 'refusedSinceMs'>,
  nowMs: number,
  { refusalsAllowed, refusalsMs }: LifecycleSettings,
): boolean {
  return refusals >= refusalsAllowed && nowMs - refusedSinceMs >= refusalsMs
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
  const reason = life.state === 'registered' ? verdict.reason : `${verdict.stage}: ${verdict.reason}`
  if (hasLasted(life, nowMs, settings)) {
    // Whatever happened before: one attempt at once.
    const fresh = { attempt: life.attempt, failures: 0, failingSinceMs: 0, refusals: 0, refusedSinceMs: 0 }
    return waiting(fresh, 'waiting', settings.atOnceMs * chance, reason, nowMs)
  }
  const wholeMs = Math.floor(nowMs)
  const refusals = verdict.kind === 'refused' ? life.refusals + 1 : 0
  const failed: Memory = {
    attempt: life.attempt,
    failures: life.failures + 1,
    failingSinceMs: life.failures === 0 ? wholeMs : life.failingSinceMs,
    refusals,
    refusedSinceMs: refusals === 1 ? wholeMs : life.refusedSinceMs,
  }
  if (!isRefused(failed, nowMs, settings))
    return waiting(failed, 'waiting', waitAfter(failed, verdict, heldMs(life, nowMs), context), reason, nowMs)
  // Give or take a tenth: thousands may have been refused together.
  return waiting(failed, 'refused', settings.refusedRetryMs * (0.9 + 0.2 * chance), reason, nowMs)
}

function waiting(
  memory: Memory,
  state: 'waiting' | 'refused',
  waitMs: number,
  reason: string,
  nowMs: number,
): Step {
  const { attempt, failures, failingSinceMs, refusals, refusedSinceMs } = memory
  return {
    life: {
      attempt,
      failures,
      failingSinceMs,
      refusals,
      refusedSinceMs,
      state,
      untilMs: nowMs + waitMs,
      reason,
    },
    effects: [],
    timerMs: waitMs,
  }
}
