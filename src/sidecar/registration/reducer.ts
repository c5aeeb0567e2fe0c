import { assertNever } from '../../lib/assert-never.ts'
import type { Failure } from './failure.ts'
import { retryDelayMs } from './retry-delay.ts'
import type {
  AttemptHistory,
  Effect,
  ReducerContext,
  ReducerEvent,
  ReducerSettings,
  ReducerState,
  Transition,
} from './state.ts'

/** The next step of a registration's life. Pure: the same arguments, the same answer. */
export function nextRegistration(
  current: ReducerState,
  event: ReducerEvent,
  context: ReducerContext,
): Transition {
  if (current.state === 'stopped') return unchanged(current)
  if ('attempt' in event && event.attempt !== current.attempt) return unchanged(current)
  switch (event.type) {
    case 'want':
      return wanted(current, context)
    case 'withdraw':
      return leave(current, 'idle', context)
    case 'stop':
      return leave(current, 'stopped', context)
    case 'timer':
      return timeUp(current, context)
    case 'opened':
      if (current.state !== 'connecting') return unchanged(current)
      return {
        current: { ...memory(current), state: 'open' },
        effects: [],
        timerMs: context.settings.acknowledgementMs,
      }
    case 'turn':
      return current.state === 'queued' ? connect(current) : unchanged(current)
    case 'acknowledged':
      if (current.state === 'open') return register(current, true, context)
      return unchanged(current.state === 'registered' ? { ...current, confirmed: true } : current)
    case 'silent':
      return current.state === 'registered' ? reconnect(current, context) : unchanged(current)
    case 'unreachable':
      return current.state === 'connecting' ? queue(current) : unchanged(current)
    case 'ended':
      return ended(current, event.failure, context)
    default:
      return assertNever(event)
  }
}

function unchanged(current: ReducerState): Transition {
  return { current, effects: [] }
}

function memory(current: ReducerState): AttemptHistory {
  const { attempt, failures, failingSinceMs, refusals, refusedSinceMs } = current
  return { attempt, failures, failingSinceMs, refusals, refusedSinceMs }
}

function queue(current: ReducerState): Transition {
  return { current: { ...memory(current), state: 'queued' }, effects: [{ type: 'queue' }], timerMs: null }
}

function connect(current: ReducerState): Transition {
  const attempt = current.attempt + 1
  return {
    current: { ...memory(current), state: 'connecting', attempt },
    effects: [{ type: 'connect', attempt }],
    timerMs: null,
  }
}

function wanted(current: ReducerState, { nowMs, settings }: ReducerContext): Transition {
  if (current.state === 'closing')
    return unchanged(current.next === 'idle' ? { ...current, next: 'queued' } : current)
  if (current.state !== 'idle') return unchanged(current)
  // What is long past is no row of failures any more.
  if (nowMs - current.notBeforeMs > settings.forgottenMs)
    return queue({ ...current, failures: 0, refusals: 0 })
  // But a puppet that flaps must not wash away what the registry asked for.
  if (current.notBeforeMs <= nowMs) return queue(current)
  const state = isRefused(current, nowMs, settings) ? 'refused' : 'waiting'
  return {
    current: { ...memory(current), state, untilMs: current.notBeforeMs, reason: current.reason },
    effects: [],
    timerMs: current.notBeforeMs - nowMs,
  }
}

/** Withdraws: in every state, and it wins over everything that is under way. */
function leave(
  current: ReducerState,
  to: 'idle' | 'stopped',
  { nowMs, settings }: ReducerContext,
): Transition {
  switch (current.state) {
    case 'idle':
      return to === 'idle' ? unchanged(current) : { current: stopped(current), effects: [], timerMs: null }
    case 'queued':
      return {
        current: to === 'idle' ? idle(current, nowMs, '') : stopped(current),
        effects: [{ type: 'unqueue' }],
        timerMs: null,
      }
    case 'connecting':
      return {
        current: to === 'idle' ? idle(current, nowMs, '') : stopped(current),
        effects: [{ type: 'terminate', attempt: current.attempt, cause: 'withdrawn' }],
        timerMs: null,
      }
    case 'open':
    case 'registered':
      return {
        current: { ...memory(forgetting(current, nowMs, settings)), state: 'closing', next: to },
        effects: [{ type: 'close', attempt: current.attempt }],
        timerMs: settings.closeMs,
      }
    case 'waiting':
    case 'refused':
      return {
        current: to === 'idle' ? idle(current, current.untilMs, current.reason) : stopped(current),
        effects: [],
        timerMs: null,
      }
    case 'closing':
      return unchanged(current.next === 'stopped' ? current : { ...current, next: to })
    case 'stopped':
      return unchanged(current)
    default:
      return assertNever(current)
  }
}

function idle(current: ReducerState, notBeforeMs: number, reason: string): ReducerState {
  return { ...memory(current), state: 'idle', notBeforeMs, reason }
}

function stopped(current: ReducerState): ReducerState {
  return { ...memory(current), state: 'stopped' }
}

function register(current: ReducerState, confirmed: boolean, { nowMs }: ReducerContext): Transition {
  const { attempt, failures, failingSinceMs } = current
  return {
    // Written out: V8 makes a class of its own for each object that is spread and then added to.
    current: {
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

function timeUp(current: ReducerState, context: ReducerContext): Transition {
  switch (current.state) {
    case 'open':
      return register(current, false, context)
    case 'waiting':
    case 'refused':
      return queue(current)
    case 'closing': {
      const after = closed(current, context)
      const terminate: Effect = { type: 'terminate', attempt: current.attempt, cause: 'withdrawn' }
      return { ...after, effects: [terminate, ...after.effects] }
    }
    default:
      return unchanged(current)
  }
}

/** No pong in time: the link is dead, and the other end of it may hold the token until TCP gives up. */
function reconnect(current: ReducerState, { nowMs, settings }: ReducerContext): Transition {
  const anew = queue(forgetting(current, nowMs, settings))
  return {
    ...anew,
    effects: [{ type: 'terminate', attempt: current.attempt, cause: 'heartbeat' }, ...anew.effects],
  }
}

/** Forgets what failed before a registration that has lasted. */
function forgetting(current: ReducerState, nowMs: number, settings: ReducerSettings): ReducerState {
  return hasLasted(current, nowMs, settings) ? { ...current, failures: 0 } : current
}

function hasLasted(current: ReducerState, nowMs: number, { lastedMs }: ReducerSettings): boolean {
  return heldMs(current, nowMs) >= lastedMs
}

/** How long a registration has been held; 0 if it is none. */
function heldMs(current: ReducerState, nowMs: number): number {
  return current.state === 'registered' ? nowMs - current.sinceMs : 0
}

/** Whether the registry has refused a token often enough, and for long enough, to be believed. */
export function isRefused(
  { refusals, refusedSinceMs }: Pick<AttemptHistory, 'refusals' | 'refusedSinceMs'>,
  nowMs: number,
  { refusalsAllowed, refusalsMs }: ReducerSettings,
): boolean {
  return refusals >= refusalsAllowed && nowMs - refusedSinceMs >= refusalsMs
}

function closed(current: ReducerState & { state: 'closing' }, { nowMs }: ReducerContext): Transition {
  if (current.next === 'queued') return queue(current)
  return {
    current: current.next === 'idle' ? idle(current, nowMs, '') : stopped(current),
    effects: [],
    timerMs: null,
  }
}

function ended(current: ReducerState, failure: Failure, context: ReducerContext): Transition {
  if (current.state === 'closing') return closed(current, context)
  if (current.state !== 'connecting' && current.state !== 'open' && current.state !== 'registered')
    return unchanged(current)
  const { nowMs, chance, settings } = context
  const reason = current.state === 'registered' ? failure.reason : `${failure.stage}: ${failure.reason}`
  if (hasLasted(current, nowMs, settings)) {
    // Whatever happened before: one attempt at once.
    const fresh = { attempt: current.attempt, failures: 0, failingSinceMs: 0, refusals: 0, refusedSinceMs: 0 }
    return waiting(fresh, 'waiting', settings.atOnceMs * chance, reason, nowMs)
  }
  const wholeMs = Math.floor(nowMs)
  const refusals = failure.kind === 'refused' ? current.refusals + 1 : 0
  const failed: AttemptHistory = {
    attempt: current.attempt,
    failures: current.failures + 1,
    failingSinceMs: current.failures === 0 ? wholeMs : current.failingSinceMs,
    refusals,
    refusedSinceMs: refusals === 1 ? wholeMs : current.refusedSinceMs,
  }
  if (!isRefused(failed, nowMs, settings))
    return waiting(
      failed,
      'waiting',
      retryDelayMs(failed, failure, heldMs(current, nowMs), context),
      reason,
      nowMs,
    )
  // Give or take a tenth: thousands may have been refused together.
  return waiting(failed, 'refused', settings.refusedRetryMs * (0.9 + 0.2 * chance), reason, nowMs)
}

function waiting(
  memory: AttemptHistory,
  state: 'waiting' | 'refused',
  waitMs: number,
  reason: string,
  nowMs: number,
): Transition {
  const { attempt, failures, failingSinceMs, refusals, refusedSinceMs } = memory
  return {
    current: {
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
