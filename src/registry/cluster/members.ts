import type { ClusterMember, MemberChangeKind } from '../cluster-events.ts'
import type { ClusterState } from '../cluster-state.ts'
import type { MemberMessage } from './messages.ts'
import { MISSING_MAX } from './messages.ts'

/** A member that is not heard for so long without a goodbye is missing, in milliseconds. */
export const SILENT_MS = 3000
/**
 * So long a missing member may have registrants that have not come to others, in milliseconds: ten thousand tokens of one sidecar
 * need 100 s to come back.
 */
export const MISSED_MS = 180_000
/** A heartbeat that comes later than this is late, in milliseconds: there is one every second. */
export const OVERDUE_MS = 1500
/**
 * Whom another member has missed for so long, in milliseconds, it does not hear: it says so with each heartbeat. One that was only slow to answer
 * is heard again by then.
 */
const PARTED_MS = 1000
/** Members that are remembered: as many can come as somebody sends heartbeats of. */
const MEMBERS_MAX = 1000

export interface Member extends ClusterMember {
  /** Since when it is heard, and when it was heard last, by this node's clock. */
  readonly sinceMs: number
  readonly heardMs: number
  /** When it was heard again after something may have been lost between it and others, by this node's clock; -Infinity if never. */
  readonly appearedMs: number
  /** The number of the heartbeat that was heard last. */
  readonly beat: number
  /** Since when it is missing; undefined if it is not. */
  readonly missingSinceMs: number | undefined
}

export interface MemberChange {
  readonly kind: MemberChangeKind
  readonly member: Member
}

type Alive = Extract<MemberMessage, { kind: 'alive' }>

/** The other registries of the cluster. `nowMs`: this node's clock. */
export class Members {
  readonly #byNode = new Map<string, Member>()
  /** When those said goodbye that others may still miss, the oldest first. */
  readonly #goneMs = new Map<string, number>()

  get all(): readonly Member[] {
    return [...this.#byNode.values()]
  }

  get(node: string): Member | undefined {
    return this.#byNode.get(node)
  }

  get missing(): readonly Member[] {
    return this.all.filter(({ missingSinceMs }) => missingSinceMs !== undefined)
  }

  get alive(): readonly Member[] {
    return this.all.filter(({ missingSinceMs }) => missingSinceMs === undefined)
  }

  /** For people: those that are missing first. */
  get states(): ClusterState['members'] {
    const missing = this.missing.map(({ node, name, sinceMs, missingSinceMs = sinceMs }) => {
      return { node, name, state: 'missing' as const, sinceMs: missingSinceMs }
    })
    const alive = this.alive.map(({ node, name, sinceMs }) => {
      return { node, name, state: 'alive' as const, sinceMs }
    })
    return [...missing, ...alive]
  }

  /** A heartbeat of another member came. */
  heard({ node, name, upMs, beat }: Alive, nowMs: number): MemberChange | undefined {
    const before = this.#byNode.get(node)
    if (before === undefined && this.#byNode.size >= MEMBERS_MAX) return undefined
    const isKnown = before !== undefined && before.missingSinceMs === undefined
    const isNew = before === undefined && upMs < SILENT_MS
    const hasAppeared = !isNew && (!isKnown || beat > before.beat + 1)
    const member = {
      node,
      name,
      sinceMs: isKnown ? before.sinceMs : nowMs,
      heardMs: nowMs,
      appearedMs: hasAppeared ? nowMs : (before?.appearedMs ?? Number.NEGATIVE_INFINITY),
      beat,
      missingSinceMs: undefined,
    }
    this.#byNode.set(node, member)
    if (hasAppeared) return { kind: 'appeared', member }
    return isNew ? { kind: 'came', member } : undefined
  }

  /** Another member misses these: one that is not known here may have died before this one started. */
  learnMissing(missing: Alive['missing'], nowMs: number): readonly MemberChange[] {
    return missing.flatMap(({ node, name, forMs }) => {
      const isKnown = this.#byNode.has(node) || this.#goneMs.has(node)
      if (isKnown || forMs >= MISSED_MS || this.#byNode.size >= MEMBERS_MAX) return []
      const member = {
        node,
        name,
        sinceMs: nowMs,
        heardMs: nowMs - forMs,
        appearedMs: Number.NEGATIVE_INFINITY,
        beat: 0,
        missingSinceMs: nowMs - forMs,
      }
      this.#byNode.set(node, member)
      return [{ kind: 'missing', member }]
    })
  }

  /** It has not answered, or its connection to the engine is gone. */
  markMissing(node: string, nowMs: number): MemberChange | undefined {
    const before = this.#byNode.get(node)
    if (before === undefined || before.missingSinceMs !== undefined) return undefined
    const member = { ...before, missingSinceMs: nowMs }
    this.#byNode.set(node, member)
    return { kind: 'missing', member }
  }

  /** Whether another member does not hear one that is heard here: either of them may hold a token that the other one has a newer registrant of. */
  areHeardHere(missing: Alive['missing']): boolean {
    return missing.some(({ node, forMs }) => {
      const member = this.#byNode.get(node)
      return forMs >= PARTED_MS && member !== undefined && member.missingSinceMs === undefined
    })
  }

  saidGoodbye(node: string, nowMs: number): MemberChange | undefined {
    const change = this.#forget(node, 'left')
    if (change !== undefined && this.#goneMs.size < MEMBERS_MAX) this.#goneMs.set(node, nowMs)
    return change
  }

  /** @param hearsSinceMs since when this node hears what others say: silence before that means nothing; `Infinity`: it does not */
  tick(nowMs: number, hearsSinceMs: number): readonly MemberChange[] {
    for (const [node, goneMs] of this.#goneMs) if (nowMs - goneMs >= MISSED_MS) this.#goneMs.delete(node)
    return this.all.flatMap(({ node, heardMs, missingSinceMs }) => {
      const isOver = missingSinceMs !== undefined && nowMs - missingSinceMs >= MISSED_MS
      const isSilent = nowMs - Math.max(heardMs, hearsSinceMs) > SILENT_MS
      const change = isOver
        ? this.#forget(node, 'forgotten')
        : isSilent
          ? this.markMissing(node, nowMs)
          : undefined
      return change === undefined ? [] : [change]
    })
  }

  /**
   * Whether each member has been heard lately. One that has not may be back at any moment, with claims that it has kept: the engine
   * knows of its subscriptions before it says that it lives.
   */
  areAllHeard(nowMs: number): boolean {
    return this.all.every(({ heardMs, missingSinceMs }) => {
      return missingSinceMs === undefined && nowMs - heardMs <= OVERDUE_MS
    })
  }

  /** For a heartbeat. */
  missingReport(nowMs: number): Alive['missing'] {
    return this.missing.slice(0, MISSING_MAX).map(({ node, name, missingSinceMs = nowMs }) => {
      return { node, name, forMs: Math.max(0, Math.round(nowMs - missingSinceMs)) }
    })
  }

  #forget(node: string, kind: 'left' | 'forgotten'): MemberChange | undefined {
    const member = this.#byNode.get(node)
    if (member === undefined) return undefined
    this.#byNode.delete(node)
    return { kind, member }
  }
}
