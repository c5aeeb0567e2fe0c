import type { BackoffSettings } from './backoff.ts'

/** Numbers of one registration's life that no variable changes, all in milliseconds but for the count. */
const FIXED = {
  /** See `BackoffSettings`. Less would not spread thousands whom one registry accepts and closes in the same moment. */
  baseMs: 800,
  /** How long an open socket may go without `sys registered` before it counts as registered all the same. */
  acknowledgementMs: 5000,
  /** How long a close may take before the socket is torn down. */
  closeMs: 800,
  /** A registration that was held for this long had lasted: what failed before it is forgotten. */
  lastedMs: 5000,
  /** One that had lasted and is lost is taken up again within this time, at random: thousands may lose theirs together. */
  atOnceMs: 100,
  /** Refusals in a row after which a token may be `refused`. */
  refusalsAllowed: 3,
  /** For how long they must have gone on: a registry that starts may refuse everybody for a moment. */
  refusalsMs: 30_000,
  /** A token that has not tried for so long after it might, because the puppet was away, begins anew. */
  forgottenMs: 10_000,
  /** Pause between attempts of a refused token, give or take a tenth. */
  refusedRetryMs: 60_000,
}

export type ReducerSettings = Readonly<typeof FIXED> & BackoffSettings

export function reducerSettings({ backoffMaxMs }: { readonly backoffMaxMs: number }): ReducerSettings {
  return { ...FIXED, maxMs: backoffMaxMs }
}
