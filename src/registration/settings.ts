import type { LifecycleSettings } from './life.ts'

/** Numbers of the promise that no variable changes. */
const FIXED = {
  baseMs: 500,
  acknowledgementMs: 5000,
  closeMs: 800,
  graceMs: 60_000,
  refusalsAllowed: 3,
  refusedRetryMs: 5 * 60_000,
}

/** The numbers of a registration's life, from those that the user may change. All in milliseconds. */
export function lifecycleSettings({ backoffMaxMs }: { readonly backoffMaxMs: number }): LifecycleSettings {
  return { ...FIXED, maxMs: backoffMaxMs }
}
