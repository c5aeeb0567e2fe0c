import { retryAfterWaitMs } from '../../net/retry-after.ts'
import { backoffMs } from './backoff.ts'
import type { Failure } from './failure.ts'
import { firstOutageRetryMs, outageRetryMs } from './outage-retry-interval.ts'
import type { AttemptHistory, ReducerContext } from './state.ts'

/** A registration that was held for so long was a real one, although it has not lasted. */
const REAL_MS = 1000

/**
 * How long to wait after an attempt that failed, or after a registration that was lost before it had lasted, in milliseconds.
 *
 * The longer it was held, the shorter the wait: a registry that closes after 4 s cannot be asked much too often, and a link
 * that is reset now and then should not be away for long. The first loss of a real one is taken up at once.
 *
 * @param memory of the attempts that failed, this one included
 * @param heldMs how long the registration was held; 0 if there was none
 */
export function retryDelayMs(
  { failures, failingSinceMs }: AttemptHistory,
  failure: Failure,
  heldMs: number,
  { nowMs, chance, settings }: ReducerContext,
): number {
  if (failure.kind === 'away') {
    // As in an outage of all tokens: while the others hold their links, it may be one of several registries, and the next attempt gets to another.
    const isFirst = failures === 1 && failure.shared
    const paceMs = isFirst
      ? firstOutageRetryMs(chance, settings)
      : outageRetryMs(nowMs - failingSinceMs, chance, settings)
    return Math.max(paceMs, retryAfterWaitMs(failure, chance))
  }
  if (failures === 1 && heldMs >= REAL_MS) return settings.atOnceMs * chance
  return Math.round(backoffMs(failures, chance, settings) * (1 - heldMs / settings.lastedMs))
}
