import { retryAfterWaitMs } from '../../net/retry-after.ts'
import type { BackoffSettings } from './backoff.ts'
import { firstOutageRetryMs, outageRetryMs } from './outage-retry-interval.ts'

/**
 * Whether attempts get as far as the registry at all. That they do not (DNS, TCP, TLS, 5xx; no file descriptor left) is one
 * event for all tokens, with one pace, and one token finds out when it is over. Times are of the monotonic clock, in
 * milliseconds.
 */
export type Outage =
  /** No trouble that is known. */
  | { readonly state: 'none'; readonly reachedMs: number }
  /** No token tries until `untilMs`. */
  | {
      readonly state: 'waiting'
      readonly failures: number
      /** When it was first noticed. */
      readonly beganMs: number
      readonly untilMs: number
    }
  /** One token may try. */
  | {
      readonly state: 'probing'
      readonly failures: number
      readonly beganMs: number
      readonly sinceMs: number
    }

export type OutageEvent =
  /** One got as far as the registry. */
  | { readonly type: 'reached' }
  /** One did not. */
  | {
      readonly type: 'failed'
      readonly startedMs: number
      /** It was this machine that had nothing left: so it is for all, whoever got through a moment before. */
      readonly exhausted?: boolean
      /** How long the registry wants to be left alone, in milliseconds, if it says so. */
      readonly afterMs?: number | undefined
      /** Whether some hold their links all the same: so it is there, and its pace does not slow down. */
      readonly isPartial?: boolean
    }
  /** The wait is over. */
  | { readonly type: 'timer' }

export interface OutageContext {
  readonly nowMs: number
  /** A random number in [0, 1). */
  readonly chance: number
  readonly settings: Pick<BackoffSettings, 'maxMs'>
}

/** Before the first attempt. */
export const initialOutage: Outage = { state: 'none', reachedMs: Number.NEGATIVE_INFINITY }

/** The next state. Pure. The same object comes back where nothing changes. */
export function nextOutage(outage: Outage, event: OutageEvent, context: OutageContext): Outage {
  switch (event.type) {
    case 'reached':
      return { state: 'none', reachedMs: context.nowMs }
    case 'timer':
      if (outage.state !== 'waiting') return outage
      return { state: 'probing', failures: outage.failures, beganMs: outage.beganMs, sinceMs: context.nowMs }
    case 'failed': {
      const own = event.exhausted !== true && isOwnTrouble(outage, event.startedMs)
      if (own || isLate(outage, event.startedMs)) return outage
      const { nowMs, chance, settings } = context
      const isNew = outage.state === 'none' || wasForgotten(outage, event.startedMs)
      const [failures, beganMs] = isNew ? [1, nowMs] : [outage.failures + 1, outage.beganMs]
      const awayMs = event.isPartial ? 0 : nowMs - beganMs
      const usualMs =
        failures === 1 ? firstOutageRetryMs(chance, settings) : outageRetryMs(awayMs, chance, settings)
      const untilMs = nowMs + Math.max(usualMs, retryAfterWaitMs(event, chance))
      return { state: 'waiting', failures, beganMs, untilMs }
    }
  }
}

/** Time in which nobody tried, because the puppet was away, is no time in which the registry was. */
const FORGOTTEN_MS = 5000

function wasForgotten(outage: Outage, startedMs: number): boolean {
  return outage.state === 'probing' && startedMs - outage.sinceMs > FORGOTTEN_MS
}

/** Whether a failed attempt began before what is known already. While all wait, whatever fails did. */
function isLate(outage: Outage, startedMs: number): boolean {
  return outage.state === 'waiting' || (outage.state === 'probing' && startedMs < outage.sinceMs)
}

/** One of several backends may be gone: who fails while others get through, that is its own trouble. */
const RECENTLY_MS = 1000

/** Whether a failure to get to the registry is this attempt's own: others have got there since it began, or just before. */
export function isOwnTrouble(outage: Outage, startedMs: number): boolean {
  return outage.state === 'none' && startedMs < outage.reachedMs + RECENTLY_MS
}
