import { isHigher } from './claim-order.ts'
import type { Claim } from './messages.ts'
import type { Report } from './replies.ts'

/** What a node has of a token. */
export interface RollEntry extends Claim {
  /** The highest claims of other nodes that it has heard. */
  readonly rivals: readonly Claim[]
  /** As the node has said it, in the numbers of its own clock. */
  readonly report: Report
  /** Until when, by the clock, there may be nodes that have not heard of this claim since that node was cut off; -Infinity if it was not since then. */
  readonly unheardUntilMs: number
}

/** A member that does not answer, though the engine has not lost it: it stands still, or is slow. */
export interface SilentMember {
  readonly node: string
  /** When it was heard last, by the clock. */
  readonly heardMs: number
  /** Until when, by the clock, there may be nodes that have not heard of its claims since it was cut off; -Infinity if it was not. */
  readonly unheardUntilMs: number
}

/** What all members have said of a token. */
export interface Roll {
  /** What they have, the newest registrant first. */
  readonly entries: readonly RollEntry[]
  readonly newest: RollEntry | undefined
  /** Those that have answered. */
  readonly nodes: readonly string[]
  /** Whether one that is silent may have a newer one. */
  readonly isNewestSilent: boolean
  /** Whether it may have come to a node that was asked just before: another one has just given it up, or has heard of it there. */
  readonly isMoving: boolean
  /** Whether this node did not hear itself: nothing is known. */
  readonly isInconclusive: boolean
  /** Whether all have answered. */
  readonly isComplete: boolean
}

/** So long, in milliseconds, registrants of a node that stands still may not have noticed it, and so not be at another one. */
const LEAVING_MS = 30_000

export interface RollOptions {
  readonly nowMs: number
  readonly entries: readonly RollEntry[]
  readonly silent: readonly SilentMember[]
  /** Those that have answered. */
  readonly nodes: readonly string[]
  /** Whether one of them has just given it up. */
  readonly isGivenUp: boolean
  readonly isComplete: boolean
}

export const INCONCLUSIVE: Roll = {
  entries: [],
  newest: undefined,
  nodes: [],
  isNewestSilent: false,
  isMoving: false,
  isInconclusive: true,
  isComplete: false,
}

export function rollOf({ nowMs, entries, silent, nodes, isGivenUp, isComplete }: RollOptions): Roll {
  const sorted = entries.toSorted((one, other) => (isHigher(one, other) ? -1 : 1))
  const [newest] = sorted
  const isKnownHigher = (node: string): boolean => {
    const higher = sorted.flatMap(({ rivals }) => rivals).filter((rival) => newest && isHigher(rival, newest))
    return higher.some((rival) => rival.node === node)
  }
  const isNewer = ({ node, heardMs, unheardUntilMs }: SilentMember): boolean => {
    if (newest === undefined || nowMs - heardMs >= LEAVING_MS) return false
    return isKnownHigher(node) || heardMs < Math.max(newest.unheardUntilMs, unheardUntilMs)
  }
  return {
    entries: sorted,
    newest,
    nodes,
    isNewestSilent: silent.some(isNewer),
    isMoving: isGivenUp || nodes.some(isKnownHigher),
    isInconclusive: false,
    isComplete,
  }
}
