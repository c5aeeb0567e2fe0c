/** How long to wait after failures. */
export interface BackoffSettings {
  /** Upper bound of the wait after the first failure, in milliseconds; doubles with each further one. */
  readonly baseMs: number
  /** No wait is longer, in milliseconds. */
  readonly maxMs: number
}

/**
 * Full-jitter exponential backoff: a uniformly random part of a bound that doubles up to `maxMs`. The jitter comes last,
 * after the cap, so that waits stay spread when many registrants have reached it.
 *
 * @param failures failures in a row, 1 or more
 * @param chance a random number in [0, 1)
 */
export function backoffMs(failures: number, chance: number, settings: BackoffSettings): number {
  const bound = Math.min(settings.maxMs, settings.baseMs * 2 ** (failures - 1))
  return Math.round(bound * chance)
}
