import type { Sharing } from '../directory.ts'
import { isHigher } from './claim-order.ts'
import type { ClusterClock } from './cluster-clock.ts'
import type { Engine } from './engine.ts'
import type { Holding, Holdings } from './holdings.ts'
import type { JoinOrder } from './join-order.ts'
import type { Claimant, LocalRegistrants } from './local-registrants.ts'
import type { Members } from './members.ts'
import { toNumber } from './message-fields.ts'
import type { Claim, Count, NodeMessage } from './messages.ts'
import type { Roll } from './roll.ts'
import { hashOf, type Subjects } from './subjects.ts'

/** Nodes that are remembered for a token: anybody may say that it has registrants of it. */
const NODES_MAX = 100

export interface OthersOptions<Entry extends Claimant> {
  readonly engine: Pick<Engine, 'publish'>
  readonly subjects: Subjects
  /** This node. */
  readonly node: string
  readonly local: LocalRegistrants<Entry>
  readonly order: JoinOrder<Entry>
  readonly clusterClock: Pick<ClusterClock, 'shiftMs'>
  readonly holdings: Pick<Holdings, 'get'>
  /** How many registrants a token may have, at all nodes together. */
  readonly perToken: number
  /** Other nodes have more registrants of this token than before, or fewer. */
  readonly onChanged: (token: string) => void
}

/** What a node has said that it has of a token. */
export interface Known extends Count {
  /** Its claim, before all shifts of the cluster's clock; undefined if it has none, or has not said it. */
  readonly number: number | undefined
  /** Whether its registrants count: it is not missing. */
  readonly isThere: boolean
}

/** What other nodes have of this node's tokens; empty for almost all tokens. */
export class Others<Entry extends Claimant> {
  readonly #options: OthersOptions<Entry>
  readonly #known = new Map<Holding, Map<string, Known>>()
  /** Those of which there may be too many. */
  readonly #unchecked = new Set<Holding>()

  constructor(options: OthersOptions<Entry>) {
    this.#options = options
  }

  /** How many registrants other nodes have. */
  count(holding: Holding): number {
    let sum = 0
    for (const { registrants, isThere } of this.#of(holding).values()) if (isThere) sum += registrants
    return sum
  }

  /** The claims of other nodes, the highest first. */
  claims(holding: Holding): readonly Claim[] {
    const { shiftMs } = this.#options.clusterClock
    return [...this.#of(holding)]
      .flatMap(([node, { number }]) =>
        number === undefined ? [] : [{ node, number: toNumber(number + shiftMs) }],
      )
      .toSorted((one, other) => (isHigher(one, other) ? -1 : 1))
  }

  /** Undefined where no registrant is here. */
  sharing(token: string): Sharing | undefined {
    const holding = this.#options.holdings.get(hashOf(token))
    return holding && { elsewhere: this.count(holding), isHere: holding.side === 'ask' }
  }

  /** What this node has. */
  own({ token }: Holding): Count {
    const { local, order } = this.#options
    const oldest = local.oldest(token)
    return { registrants: local.count(token), oldest: oldest === undefined ? 0 : order.of(oldest) }
  }

  /**
   * Another node says what it has.
   *
   * @param claim by this node's clock, its number is 0 if it has none; undefined if it has not said that
   * @returns whether that is the first that is heard of it
   */
  heard(holding: Holding, node: string, { registrants, oldest }: Count, claim?: Claim): boolean {
    const all = this.#of(holding)
    const before = all.get(node)
    const number = claim === undefined ? before?.number : this.#unshifted(claim)
    if (registrants === 0) all.delete(node)
    else if (before !== undefined || all.size < NODES_MAX)
      all.set(node, { registrants, oldest, number, isThere: true })
    if (all.size === 0) this.#known.delete(holding)
    else this.#known.set(holding, all)
    if (registrants > (before?.registrants ?? 0)) this.#unchecked.add(holding)
    if (registrants !== before?.registrants) this.#options.onChanged(holding.token)
    return before === undefined && all.has(node)
  }

  /** Whether other nodes have registrants too. */
  isShared(holding: Holding): boolean {
    return this.#known.has(holding)
  }

  /** One more is here. */
  joined(holding: Holding): void {
    if (this.isShared(holding)) this.#unchecked.add(holding)
  }

  /** This node has no registrant of it any more. */
  remove(holding: Holding): void {
    this.#known.delete(holding)
    this.#unchecked.delete(holding)
  }

  /** Clients are sent here now, or not any more. */
  moved(holding: Holding): void {
    if (this.isShared(holding)) this.#options.onChanged(holding.token)
  }

  /** Forgets what nodes have said that are no members. To be called again and again. */
  keepOnly(members: Pick<Members, 'get'>): void {
    for (const [holding, all] of [...this.#known])
      for (const [node, known] of [...all]) {
        const member = members.get(node)
        if (member === undefined) this.heard(holding, node, { registrants: 0, oldest: 0 })
        else this.#setThere(holding, node, known, member.missingSinceMs === undefined)
      }
  }

  /** What is known now. See `keepAnswered`. */
  known(holding: Holding): ReadonlyMap<string, Known> {
    return new Map(this.#of(holding))
  }

  /**
   * All have been asked what they have: forgets what those have had that have answered without it, and have said nothing since.
   *
   * @param before what was known when they were asked
   */
  keepAnswered(holding: Holding, before: ReadonlyMap<string, Known>, { nodes, entries }: Roll): void {
    for (const node of nodes) {
      const known = before.get(node)
      const isOver = known !== undefined && !entries.some((entry) => entry.node === node)
      if (isOver && this.#of(holding).get(node) === known)
        this.heard(holding, node, { registrants: 0, oldest: 0 })
    }
  }

  /** The holder has found that there are too many. */
  displace(hash: string, number: number): void {
    const { holdings, local, order } = this.#options
    const token = holdings.get(hash)?.token
    if (token !== undefined) local.displace(token, (entry) => order.of(entry) === number)
  }

  /** Where there are too many, the oldest of all leaves: the holder, which has the newest, says so. To be called again and again. */
  tick(): void {
    for (const holding of this.#unchecked) this.#check(holding)
    this.#unchecked.clear()
  }

  #check(holding: Holding): void {
    const { engine, subjects, node, perToken } = this.#options
    const own = this.own(holding)
    if (holding.side !== 'ask' || own.registrants + this.count(holding) <= perToken) return
    const others = [...this.#of(holding)].filter(([, { isThere }]) => isThere)
    const [[where, { oldest }] = [node, own]] = [[node, own] as const, ...others].toSorted(
      ([, one], [, other]) => one.oldest - other.oldest,
    )
    if (where === node) return this.displace(holding.hash, oldest)
    const displace: NodeMessage = { kind: 'displace', hash: holding.hash, number: oldest }
    engine.publish(subjects.node(where), JSON.stringify(displace))
  }

  #setThere(holding: Holding, node: string, known: Known, isThere: boolean): void {
    if (known.isThere === isThere) return
    this.#of(holding).set(node, { ...known, isThere })
    this.#options.onChanged(holding.token)
  }

  #of(holding: Holding): Map<string, Known> {
    return this.#known.get(holding) ?? new Map()
  }

  #unshifted({ number }: Claim): number | undefined {
    return number === 0 ? undefined : number - this.#options.clusterClock.shiftMs
  }

  /** Tokens that others have too. */
  get size(): number {
    return this.#known.size + this.#unchecked.size
  }
}
