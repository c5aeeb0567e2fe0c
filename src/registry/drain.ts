import type { Clock } from '../lib/clock.ts'

const GROUP_MS = 100

/**
 * Calls `act` with each of `all`, in groups that are spread evenly over `overMs` milliseconds, the first one at once;
 * resolves after the last one.
 */
export async function inGroups<T>(
  all: readonly T[],
  overMs: number,
  clock: Clock,
  act: (one: T) => void,
): Promise<void> {
  const groups = Math.max(1, Math.min(all.length, Math.floor(overMs / GROUP_MS)))
  for (let group = 0; group < groups; group += 1) {
    if (group > 0) await new Promise<void>((resolve) => clock.after(overMs / groups, resolve))
    const from = Math.round((group * all.length) / groups)
    for (const one of all.slice(from, Math.round(((group + 1) * all.length) / groups))) act(one)
  }
}
