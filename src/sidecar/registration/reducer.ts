import { assertNever } from '../../lib/assert-never.ts'
import { afterFailure, isRefused, withoutOldFailures } from './after-failure.ts'
import type { Failure } from './failure.ts'
import {
  type AttemptHistory,
  type DeadLink,
  type Effect,
  noTrouble,
  type ReducerContext,
  type ReducerEvent,
  type ReducerState,
  type Transition,
  type Trouble,
} from './state.ts'

/** The next state of one registration, and what is to be done. Pure: the same arguments, the same answer. */
export function nextRegistration(
  current: ReducerState,
  event: ReducerEvent,
  context: ReducerContext,
): Transition {
  if (current.state === 'stopped') return unchanged(current)
  if ('attempt' in event && event.attempt !== current.attempt) return unchanged(current)
  switch (event.type) {
    case 'register':
      return register(current, context)
    case 'withdraw':
      return withdraw(current, 'idle', context)
    case 'stop':
      return withdraw(current, 'stopped', context)
    case 'timer':
      return timerFired(current, context)
    case 'opened':
      if (current.state !== 'connecting') return unchanged(current)
      return to({ ...historyOf(current), state: 'open' }, [], context.settings.acknowledgementMs)
    case 'turn':
      return current.state === 'queued' ? connect(current) : unchanged(current)
    case 'acknowledged':
      if (current.state === 'open') return registered(current, true, context)
      return unchanged(current.state === 'registered' ? { ...current, confirmed: true } : current)
    case 'silent':
      return reconnect(current, 'heartbeat', context)
    case 'lost':
      return reconnect(current, 'lost', context)
    case 'unreachable':
      return current.state === 'connecting' ? queue(current) : unchanged(current)
    case 'ended':
      return ended(current, event.failure, context)
    default:
      return assertNever(event)
  }
}

function unchanged(current: ReducerState): Transition {
  return { next: current, effects: [] }
}

/** A change of state. @param timerMs the new state's timer, in milliseconds; by default it has none */
function to(next: ReducerState, effects: readonly Effect[] = [], timerMs: number | null = null): Transition {
  return { next, effects, timerMs }
}

function historyOf(current: ReducerState): AttemptHistory {
  const { attempt, failures, failingSinceMs, refusals, refusedSinceMs } = current
  return { attempt, failures, failingSinceMs, refusals, refusedSinceMs }
}

function queue(current: ReducerState): Transition {
  return to({ ...historyOf(current), state: 'queued' }, [{ type: 'queue' }])
}

function connect(current: ReducerState): Transition {
  const attempt = current.attempt + 1
  return to({ ...historyOf(current), state: 'connecting', attempt }, [{ type: 'connect', attempt }])
}

function register(current: ReducerState, { nowMs, settings }: ReducerContext): Transition {
  if (current.state === 'closing')
    return unchanged(current.afterClose === 'idle' ? { ...current, afterClose: 'queued' } : current)
  if (current.state !== 'idle') return unchanged(current)
  const { notBeforeMs, code, reason } = current
  // What is long past is no row of failures any more.
  if (nowMs - notBeforeMs > settings.forgottenMs) return queue({ ...current, failures: 0, refusals: 0 })
  // But a puppet that flaps must not wash away what the registry asked for.
  if (notBeforeMs <= nowMs) return queue(current)
  const state = isRefused(current, nowMs, settings) ? 'refused' : 'waiting'
  return to({ ...historyOf(current), state, untilMs: notBeforeMs, code, reason }, [], notBeforeMs - nowMs)
}

/** Withdraws: in every state, and it wins over everything that is under way. */
function withdraw(
  current: ReducerState,
  target: 'idle' | 'stopped',
  { nowMs, settings }: ReducerContext,
): Transition {
  const settled = (notBeforeMs: number, trouble: Trouble): ReducerState =>
    target === 'idle' ? idle(current, notBeforeMs, trouble) : stopped(current)
  switch (current.state) {
    case 'idle':
      return target === 'idle' ? unchanged(current) : to(stopped(current))
    case 'queued':
      return to(settled(nowMs, noTrouble), [{ type: 'unqueue' }])
    case 'connecting':
      return to(settled(nowMs, noTrouble), [
        { type: 'terminate', attempt: current.attempt, cause: 'withdrawn' },
      ])
    case 'open':
    case 'registered': {
      const history = historyOf(withoutOldFailures(current, nowMs, settings))
      const close: Effect = { type: 'close', attempt: current.attempt }
      return to({ ...history, state: 'closing', afterClose: target }, [close], settings.closeMs)
    }
    case 'waiting':
    case 'refused':
      return to(settled(current.untilMs, current))
    case 'closing':
      return unchanged(current.afterClose === 'stopped' ? current : { ...current, afterClose: target })
    case 'stopped':
      return unchanged(current)
    default:
      return assertNever(current)
  }
}

function idle(current: ReducerState, notBeforeMs: number, { code, reason }: Trouble): ReducerState {
  return { ...historyOf(current), state: 'idle', notBeforeMs, code, reason }
}

function stopped(current: ReducerState): ReducerState {
  return { ...historyOf(current), state: 'stopped' }
}

function registered(current: ReducerState, confirmed: boolean, { nowMs }: ReducerContext): Transition {
  const { attempt, failures, failingSinceMs } = current
  // Written out: V8 makes a class of its own for each object that is spread and then added to.
  return to({
    attempt,
    failures,
    failingSinceMs,
    refusals: 0,
    refusedSinceMs: 0,
    state: 'registered',
    sinceMs: nowMs,
    confirmed,
  })
}

function timerFired(current: ReducerState, context: ReducerContext): Transition {
  switch (current.state) {
    case 'open':
      return registered(current, false, context)
    case 'waiting':
    case 'refused':
      return queue(current)
    case 'closing': {
      const terminate: Effect = { type: 'terminate', attempt: current.attempt, cause: 'withdrawn' }
      return afterEffect(terminate, closed(current, context))
    }
    default:
      return unchanged(current)
  }
}

/**
 * No pong in time, and the other end may hold the token until TCP gives up; or the other end has lost the token, and holds the link: it is
 * dead, and no close would be answered.
 */
function reconnect(current: ReducerState, cause: DeadLink, { nowMs, settings }: ReducerContext): Transition {
  if (current.state !== 'registered') return unchanged(current)
  const terminate: Effect = { type: 'terminate', attempt: current.attempt, cause }
  return afterEffect(terminate, queue(withoutOldFailures(current, nowMs, settings)))
}

function afterEffect(first: Effect, transition: Transition): Transition {
  return { ...transition, effects: [first, ...transition.effects] }
}

function closed(current: ReducerState & { state: 'closing' }, { nowMs }: ReducerContext): Transition {
  if (current.afterClose === 'queued') return queue(current)
  return to(current.afterClose === 'idle' ? idle(current, nowMs, noTrouble) : stopped(current))
}

function ended(current: ReducerState, failure: Failure, context: ReducerContext): Transition {
  switch (current.state) {
    case 'closing':
      return closed(current, context)
    case 'connecting':
    case 'open':
    case 'registered':
      return afterFailure(current, failure, context)
    default:
      return unchanged(current)
  }
}
