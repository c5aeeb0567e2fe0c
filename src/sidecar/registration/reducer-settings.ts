import type { ReducerSettings } from './state.ts'

/** Numbers of the promise that no variable changes. */
const FIXED = {
  // Less would not spread thousands whom one registry accepts and closes in the same moment.
  baseMs: 800,
  acknowledgementMs: 5000,
  closeMs: 800,
  lastedMs: 5000,
  atOnceMs: 100,
  refusalsAllowed: 3,
  refusalsMs: 30_000,
  forgottenMs: 10_000,
  refusedRetryMs: 60_000,
}

/** The numbers of a registration's life, from those that the user may change. All in milliseconds. */
export function reducerSettings({ backoffMaxMs }: { readonly backoffMaxMs: number }): ReducerSettings {
  return { ...FIXED, maxMs: backoffMaxMs }
}
