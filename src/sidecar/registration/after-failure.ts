import type { Failure } from './failure.ts'
import type { ReducerSettings } from './reducer-settings.ts'
import { retryDelayMs } from './retry-delay.ts'
import type { AttemptHistory, ReducerContext, ReducerState, Transition, Trouble } from './state.ts'

/** What follows an attempt that failed, or a registration that was lost: a wait, and how long it is. */
export function afterFailure(current: ReducerState, failure: Failure, context: ReducerContext): Transition {
  const { nowMs, chance, settings } = context
  const { code, stage } = failure
  const reason = current.state === 'registered' ? failure.reason : `${stage}: ${failure.reason}`
  const trouble: Trouble = { code, reason }
  if (hasLasted(current, nowMs, settings)) {
    // Whatever happened before: one attempt at once.
    const fresh = { attempt: current.attempt, failures: 0, failingSinceMs: 0, refusals: 0, refusedSinceMs: 0 }
    return waiting(fresh, 'waiting', settings.atOnceMs * chance, trouble, nowMs)
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
  if (isRefused(failed, nowMs, settings)) {
    // Give or take a tenth: thousands may have been refused together.
    return waiting(failed, 'refused', settings.refusedRetryMs * (0.9 + 0.2 * chance), trouble, nowMs)
  }
  const delayMs = retryDelayMs(failed, failure, heldMs(current, nowMs), context)
  return waiting(failed, 'waiting', delayMs, trouble, nowMs)
}

/** Whether the registry has refused a token often enough, and for long enough, to be believed. */
export function isRefused(
  { refusals, refusedSinceMs }: Pick<AttemptHistory, 'refusals' | 'refusedSinceMs'>,
  nowMs: number,
  { refusalsAllowed, refusalsMs }: ReducerSettings,
): boolean {
  return refusals >= refusalsAllowed && nowMs - refusedSinceMs >= refusalsMs
}

/** The state without what failed before a registration that has lasted. */
export function withoutOldFailures(
  current: ReducerState,
  nowMs: number,
  settings: ReducerSettings,
): ReducerState {
  return hasLasted(current, nowMs, settings) ? { ...current, failures: 0 } : current
}

function hasLasted(current: ReducerState, nowMs: number, { lastedMs }: ReducerSettings): boolean {
  return heldMs(current, nowMs) >= lastedMs
}

/** How long a registration has been held; 0 if it is none. */
function heldMs(current: ReducerState, nowMs: number): number {
  return current.state === 'registered' ? nowMs - current.sinceMs : 0
}

function waiting(
  { attempt, failures, failingSinceMs, refusals, refusedSinceMs }: AttemptHistory,
  state: 'waiting' | 'refused',
  waitMs: number,
  { code, reason }: Trouble,
  nowMs: number,
): Transition {
  const untilMs = nowMs + waitMs
  return {
    next: { attempt, failures, failingSinceMs, refusals, refusedSinceMs, state, untilMs, code, reason },
    effects: [],
    timerMs: waitMs,
  }
}
