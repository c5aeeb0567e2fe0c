import { backoffMs } from './backoff.ts'
import type { Context, Memory } from './state.ts'
import { paceMs } from './outage-retry-interval.ts'
import { askedMs, type Verdict } from './failure.ts'

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
export function waitAfter(
  { failures, failingSinceMs }: Memory,
  verdict: Verdict,
  heldMs: number,
  { nowMs, chance, settings }: Context,
): number {
  if (verdict.kind === 'away')
    return Math.max(paceMs(nowMs - failingSinceMs, chance, settings), askedMs(verdict, chance))
  if (failures === 1 && heldMs >= REAL_MS) return settings.atOnceMs * chance
  return Math.round(backoffMs(failures, chance, settings) * (1 - heldMs / settings.lastedMs))
}
