/** Ends what it was returned for; calling it again does nothing. */
export type Cancel = () => void

/**
 * Time and chance, handed in from outside so that every decision can be run under a fake clock.
 * Nothing but `systemClock` asks the machine for either.
 */
export interface Clock {
  /** Milliseconds of a monotonic clock; only differences mean something. */
  now(): number
  /** Wall-clock time, for people and for HTTP dates. */
  date(): Date
  /** A number in [0, 1). */
  random(): number
  /** Calls `callback` once, `ms` milliseconds from now. */
  after(ms: number, callback: () => void): Cancel
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  random: () => Math.random(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
}

/**
 * Calls `callback` once when a peer has had `ms` milliseconds for something. Timers run before what has arrived is read:
 * after the time is up there is one more turn, because in a process that was busy or stopped the peer's answer may be
 * there.
 */
export function afterPatience(clock: Clock, ms: number, callback: () => void): Cancel {
  let cancel = clock.after(ms, () => {
    cancel = clock.after(0, callback)
  })
  return () => cancel()
}

/** Keeps `value` from being collected as garbage until all has run that waits for the immediates of this turn of the event loop. */
export function keepThisTurn(value: object): void {
  setImmediate(() => value)
}

/** Calls `callback` when what this turn of the event loop has read and written is done with. */
export function afterThisTurn(callback: () => void): void {
  setImmediate(callback)
}

/** Resolves after `ms` milliseconds, or at once when `signal` aborts; never rejects. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = (): void => {
      cancel()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const cancel = clock.after(ms, done)
    signal.addEventListener('abort', done, { once: true })
  })
}

/** Resolves as `promise` does, or with undefined after `ms` milliseconds; rejects as it does until then. Leaves no timer behind. */
export async function withTimeLimit<T>(
  clock: Clock,
  ms: number,
  promise: Promise<T>,
): Promise<T | undefined> {
  const over = new AbortController()
  try {
    return await Promise.race([promise, pause(clock, ms, over.signal).then(() => undefined)])
  } finally {
    over.abort()
  }
}

/** An AbortSignal that fires after `ms` milliseconds or with `parent`; `release` must be called when the work is done. */
export function deadline(
  clock: Clock,
  ms: number,
  parent?: AbortSignal,
): { signal: AbortSignal; release: Cancel } {
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  const cancel = clock.after(ms, abort)
  if (parent?.aborted) abort()
  parent?.addEventListener('abort', abort, { once: true })
  const release = (): void => {
    cancel()
    parent?.removeEventListener('abort', abort)
  }
  return { signal: controller.signal, release }
}
