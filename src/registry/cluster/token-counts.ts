import type { Sharing } from '../directory.ts'
import type { Engine } from './engine.ts'
import type { Holding, Holdings } from './holdings.ts'
import type { JoinOrder } from './join-order.ts'
import type { Claimant, LocalRegistrants } from './local-registrants.ts'
import type { Count, NodeMessage, TokenMessage } from './messages.ts'
import { hashOf, type Subjects } from './subjects.ts'

/** Nodes that are remembered for a token: anybody may say that it has registrants of it. */
const NODES_MAX = 100

export interface TokenCountsOptions<Entry extends Claimant> {
  readonly engine: Pick<Engine, 'publish'>
  readonly subjects: Subjects
  /** This node. */
  readonly node: string
  readonly local: LocalRegistrants<Entry>
  readonly order: JoinOrder<Entry>
  readonly holdings: Pick<Holdings, 'get'>
  /** How many registrants a token may have, at all nodes together. */
  readonly perToken: number
  /** Other nodes have more registrants of this token than before, or fewer. */
  readonly onChanged: (token: string) => void
}

/** How many registrants of this node's tokens other nodes have; empty for almost all tokens. */
export class TokenCounts<Entry extends Claimant> {
  readonly #options: TokenCountsOptions<Entry>
  readonly #elsewhere = new Map<Holding, Map<string, Count>>()
  /** Those that have a newcomer here. */
  readonly #unchecked = new Set<Holding>()

  constructor(options: TokenCountsOptions<Entry>) {
    this.#options = options
  }

  /** How many registrants other nodes have. */
  elsewhere(holding: Holding): number {
    let sum = 0
    for (const { registrants } of this.#elsewhere.get(holding)?.values() ?? []) sum += registrants
    return sum
  }

  /** Undefined where no registrant is here. */
  sharing(token: string): Sharing | undefined {
    const holding = this.#options.holdings.get(hashOf(token))
    return holding && { elsewhere: this.elsewhere(holding), isHere: holding.side === 'ask' }
  }

  own({ token }: Holding): Count {
    const { local, order } = this.#options
    const oldest = local.oldest(token)
    return { registrants: local.count(token), oldest: oldest === undefined ? 0 : order.of(oldest) }
  }

  /**
   * Another node says what it has.
   *
   * @returns whether that is the first that is heard of it
   */
  heard(holding: Holding, node: string, count: Count): boolean {
    const all = this.#elsewhere.get(holding) ?? new Map<string, Count>()
    const before = all.get(node)?.registrants ?? 0
    if (count.registrants === 0) all.delete(node)
    else if (all.has(node) || all.size < NODES_MAX) all.set(node, count)
    if (all.size === 0) this.#elsewhere.delete(holding)
    else this.#elsewhere.set(holding, all)
    if (before !== count.registrants) this.#options.onChanged(holding.token)
    return before === 0 && all.has(node)
  }

  /** Another node has answered a newcomer's claim. Whether there are too many is looked at when all have. */
  answered(holding: Holding, node: string, count: Count): void {
    this.heard(holding, node, count)
    this.#unchecked.add(holding)
  }

  /** What this node has is different: says so where others have registrants too, or may have. */
  changed(holding: Holding, areOthersPossible = false): void {
    if (!this.#elsewhere.has(holding) && !areOthersPossible) return
    const { engine, subjects, node, local } = this.#options
    const count: TokenMessage = { kind: 'count', node, ...this.own(holding) }
    for (const side of ['ask', 'fallback'] as const) {
      engine.publish(subjects[side](holding.hash), JSON.stringify(count))
    }
    if (local.count(holding.token) === 0) this.remove(holding)
  }

  /** This node has no registrant of it any more. */
  remove(holding: Holding): void {
    this.#elsewhere.delete(holding)
    this.#unchecked.delete(holding)
  }

  /** Clients are sent here now, or not any more. */
  moved(holding: Holding): void {
    if (this.#elsewhere.has(holding)) this.#options.onChanged(holding.token)
  }

  /** Forgets what nodes have said that are no members, or are missing. To be called again and again. */
  keepOnly(isAlive: (node: string) => boolean): void {
    for (const [holding, all] of [...this.#elsewhere])
      for (const node of [...all.keys()])
        if (!isAlive(node)) this.heard(holding, node, { registrants: 0, oldest: 0 })
  }

  /** The node of this one's newcomer has found that there are too many. */
  displace(hash: string, number: number): void {
    const { holdings, local, order } = this.#options
    const token = holdings.get(hash)?.token
    if (token !== undefined) local.displace(token, (entry) => order.of(entry) === number)
  }

  /** Where a newcomer is one too many, the oldest of all leaves. To be called again and again. */
  tick(): void {
    for (const holding of this.#unchecked) this.#check(holding)
    this.#unchecked.clear()
  }

  #check(holding: Holding): void {
    const { engine, subjects, node, perToken } = this.#options
    const own = this.own(holding)
    if (own.registrants === 0 || own.registrants + this.elsewhere(holding) <= perToken) return
    const all = [[node, own] as const, ...(this.#elsewhere.get(holding) ?? [])]
    const [[where, { oldest }] = [node, own]] = all.toSorted(
      ([, one], [, other]) => one.oldest - other.oldest,
    )
    if (where === node) return this.displace(holding.hash, oldest)
    const displace: NodeMessage = { kind: 'displace', hash: holding.hash, number: oldest }
    engine.publish(subjects.node(where), JSON.stringify(displace))
  }

  /** Tokens that others have too. */
  get size(): number {
    return this.#elsewhere.size + this.#unchecked.size
  }
}
