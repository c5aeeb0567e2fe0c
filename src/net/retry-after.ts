/** One answer must not keep a token away for longer. */
const RETRY_AFTER_MAX_MS = 60_000
/** `Retry-After` has whole seconds: so much is added at random, or all who were told the same would come back in one instant. */
const RETRY_AFTER_SPREAD_MS = 1000

/** Reads `Retry-After` (RFC 9110 §10.2.3: seconds or a date), at most a minute; undefined if there is none. */
export function retryAfterMs(header: string | string[] | undefined, nowMs: number): number | undefined {
  if (typeof header !== 'string') return undefined
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), RETRY_AFTER_MAX_MS)
}

/**
 * How long the registry asked to be left alone, in milliseconds, with chance on top; 0 if it did not.
 *
 * @param chance a random number in [0, 1)
 */
export function retryAfterWaitMs(
  { afterMs }: { readonly afterMs?: number | undefined },
  chance: number,
): number {
  return afterMs === undefined ? 0 : afterMs + RETRY_AFTER_SPREAD_MS * chance
}
