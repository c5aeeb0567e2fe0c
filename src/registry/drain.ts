import type { Clock } from '../lib/clock.ts'
import type { HttpListener } from '../protocol/http-listener.ts'
import type { OpenRegistrants } from './open-registrants.ts'

/** Groups follow each other after at least so many milliseconds. */
const GROUP_MS = 100
/** How long closes and answers that are on their way are waited for at the end, in milliseconds. */
const END_MS = 1000

/**
 * Calls `act` with each item, in groups that are spread evenly over `overMs` milliseconds, the first one at once. Resolves after
 * the last one.
 */
export async function inGroups<T>(
  items: readonly T[],
  overMs: number,
  clock: Clock,
  act: (item: T) => void,
): Promise<void> {
  const groups = Math.max(1, Math.min(items.length, Math.floor(overMs / GROUP_MS)))
  for (let group = 0; group < groups; group += 1) {
    if (group > 0) await new Promise<void>((resolve) => clock.after(overMs / groups, resolve))
    const from = Math.round((group * items.length) / groups)
    for (const item of items.slice(from, Math.round(((group + 1) * items.length) / groups))) act(item)
  }
}

/** Listens no more, and resolves when all connections are closed; what is not in time is cut. */
export async function closeAll(
  listeners: readonly HttpListener[],
  open: OpenRegistrants,
  clock: Clock,
): Promise<void> {
  const stopped = Promise.all(listeners.map((listener) => listener.stop()))
  const giveUp = clock.after(END_MS, () => {
    open.terminate()
    for (const { server } of listeners) server.closeAllConnections()
  })
  await Promise.all([stopped, open.allClosed()])
  giveUp()
}
