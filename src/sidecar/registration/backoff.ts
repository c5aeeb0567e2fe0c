/** How long to wait after failures. All in milliseconds. */
export interface BackoffSettings {
  /** Upper bound of the wait after the first failure; grows by a quarter with each further one. */
  readonly baseMs: number
  /** No wait is longer. */
  readonly maxMs: number
}

/** The least part of the bound that is waited: with none, chance alone would bound how often a token tries in five minutes. */
const LEAST_PART = 0.1
/**
 * How much longer each bound is than the one before it. Waits that grow so are about a quarter of the trouble so far: what went
 * wrong for 6 s costs 1.5 s more, where doubling would cost 6 s.
 */
const GROWTH = 1.25

/**
 * Exponential backoff with jitter: a random part, a tenth at least, of a bound that grows up to `maxMs`. The jitter comes
 * last, after the cap, so that waits stay spread when many registrants have reached it.
 *
 * @param failures failures in a row, 1 or more
 * @param chance a random number in [0, 1)
 */
export function backoffMs(failures: number, chance: number, settings: BackoffSettings): number {
  const bound = Math.min(settings.maxMs, settings.baseMs * GROWTH ** (failures - 1))
  return Math.round(bound * (LEAST_PART + (1 - LEAST_PART) * chance))
}
