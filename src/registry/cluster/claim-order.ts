import type { Claim } from './messages.ts'

/** Whether the first claim counts, and not the other one. */
export function isHigher(one: Claim, other: Claim): boolean {
  return one.number > other.number || (one.number === other.number && one.node > other.node)
}
