import { setTimeout as delay } from 'node:timers/promises'

type Falsy = false | null | undefined | 0 | ''

export interface WaitOptions {
  /** How long to wait at most. */
  readonly timeoutMs: number
  /** The event in words, for the error: "the token to be discovered". */
  readonly what: string
  /** Pause between two looks. Default 10 ms. */
  readonly everyMs?: number
}

/**
 * Looks at `event` again and again until it is truthy, and resolves with it. A look that throws counts as "not yet".
 * Past the deadline it rejects, even while a look hangs, and names `what`, the last value and the last error.
 */
export async function waitUntil<T>(
  event: () => T | Promise<T>,
  { timeoutMs, what, everyMs = 10 }: WaitOptions,
): Promise<Exclude<T, Falsy>> {
  const passed = elapsed()
  let last = 'it was never seen to the end'
  let over = false
  const look = async (): Promise<Exclude<T, Falsy>> => {
    while (!over) {
      try {
        const seen = await event()
        if (seen) return seen as Exclude<T, Falsy>
        last = `last seen: ${String(seen)}`
      } catch (error) {
        last = `last error: ${describe(error)}`
      }
      await delay(Math.min(everyMs, Math.max(1, timeoutMs - passed())))
    }
    return new Promise(() => {})
  }
  try {
    return await withDeadline(look(), timeoutMs, () => `waited for ${what}; ${last}`)
  } finally {
    over = true
  }
}

/** Resolves or rejects as `promise` does, but rejects after `timeoutMs` with `explain()`. */
export async function withDeadline<T>(
  promise: Promise<T>,
  timeoutMs: number,
  explain: () => string,
): Promise<T> {
  const settled = new AbortController()
  const deadline = delay(timeoutMs, undefined, { signal: settled.signal }).then(
    () => {
      throw new Error(`not within ${timeoutMs} ms: ${explain()}`)
    },
    () => new Promise<never>(() => {}),
  )
  try {
    return await Promise.race([promise, deadline])
  } finally {
    settled.abort()
  }
}

/** Starts a timer now; each call of the returned function tells the milliseconds since. */
export function elapsed(): () => number {
  const start = performance.now()
  return () => performance.now() - start
}

/** The message of an error, with its cause and code where it has them. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : ''
  const cause = error.cause === undefined ? '' : `: ${describe(error.cause)}`
  return `${error.message}${code}${cause}`
}
