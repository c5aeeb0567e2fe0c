import type { BackoffSettings } from './backoff.ts'

/** The steady pace: between two attempts, in milliseconds. Once a second on average costs an absent registry little. */
const PACE_MIN_MS = 500
const PACE_MAX_MS = 1500
/** After so long the pace slows down, in proportion to the time: what was away for an hour may be found 10 s later. */
const STEADY_MS = 5 * 60_000

/**
 * The wait before the next attempt at a registry that is away: 0.5 to 1.5 s for five minutes, then three times as long
 * after fifteen minutes, and so on up to `maxMs`.
 *
 * @param awayMs how long it has been away, in milliseconds
 * @param chance a random number in [0, 1)
 */
export function outageRetryMs(
  awayMs: number,
  chance: number,
  { maxMs }: Pick<BackoffSettings, 'maxMs'>,
): number {
  const longestMs = Math.min(maxMs, PACE_MAX_MS * Math.max(1, awayMs / STEADY_MS))
  const shortestMs = (longestMs * PACE_MIN_MS) / PACE_MAX_MS
  return Math.round(shortestMs + (longestMs - shortestMs) * chance)
}

/**
 * The first wait of that pace: whatever is left of a wait at a random moment of it. When thousands lose one registry in
 * the same instant, their attempts are spread evenly from the first one on: with 0.5 to 1.5 s for all of them, those who
 * wait for the second time would begin while others still wait for the first, and 14 % of all could fall into 100 ms.
 *
 * @param chance a random number in [0, 1)
 */
export function firstOutageRetryMs(chance: number, { maxMs }: Pick<BackoffSettings, 'maxMs'>): number {
  // Inverse of the distribution function of the residual wait: uniform up to the shortest one, then falling to 0.
  const part = chance <= 0.5 ? chance : 1.5 - Math.sqrt(2 * (1 - chance))
  return Math.round(Math.min(maxMs, PACE_MAX_MS) * (part / 1.5))
}
