import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds of the monotonic clock that all processes of one machine share. */
export const now = () => Number(process.hrtime.bigint()) / 1e6

export { sleep }

/** Waits for `promise`, but no longer than `ms`; `what` says in words what is waited for. */
export async function within(ms, what, promise) {
  const limit = new AbortController()
  const late = sleep(ms, undefined, { signal: limit.signal }).then(() => {
    throw new Error(`${what}: not within ${ms / 1000} s`)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    limit.abort()
    late.catch(() => {})
  }
}

/** Calls `check` every `everyMs` until it resolves with something other than undefined, but no longer than `ms`. */
export async function eventually(ms, what, everyMs, check) {
  const endMs = now() + ms
  for (;;) {
    const checkedMs = now()
    const left = endMs - checkedMs
    if (left <= 0) throw new Error(`${what}: not within ${ms / 1000} s`)
    const answer = await within(left, what, check())
    if (answer !== undefined) return answer
    await sleep(Math.max(0, checkedMs + everyMs - now()))
  }
}
