import type { Claim } from './messages.ts'

/** So long after it came, in milliseconds, a newcomer is the newest whatever the numbers are; later the numbers say it. */
export const FRESH_MS = 3000
/** Two that came within so many milliseconds came at the same time: their nodes may not have heard of each other. */
const RIVAL_MS = 100

/** `newcomer`: theirs, whatever the numbers are; its node did not know how high they are, if its own is lower. */
export type Newest = 'ours' | 'theirs' | 'newcomer'

/** Whether the first claim counts, and not the other one. */
export function isHigher(one: Claim, other: Claim): boolean {
  return one.number > other.number || (one.number === other.number && one.node > other.node)
}

/**
 * Whose registrant is the newest one.
 *
 * @param ageMs how long ago ours joined
 * @param heard what another node says of its own
 * @param isSameClock whether both numbers are of one clock: then they are in the order of joining, however late a message comes
 */
export function newestOf(
  ours: Claim,
  ageMs: number,
  heard: Claim & { readonly isFresh: boolean; readonly isAgain: boolean },
  isSameClock: boolean,
): Newest {
  const isOursHigher = isHigher(ours, heard)
  if (isSameClock) return isOursHigher ? 'ours' : 'theirs'
  // One that joined longer ago is older, though its number may be higher.
  if (!heard.isFresh) return isOursHigher || ageMs < FRESH_MS ? 'ours' : 'theirs'
  // A newcomer is the newest, but for one that came at the same time, or since it said so first.
  const isRival = isOursHigher && ageMs < (heard.isAgain ? FRESH_MS : RIVAL_MS)
  return isRival ? 'ours' : 'newcomer'
}
