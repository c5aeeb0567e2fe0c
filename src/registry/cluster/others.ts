import type { Sharing } from '../directory.ts'
import { isHigher } from './claim-order.ts'
import type { ClusterClock } from './cluster-clock.ts'
import type { Engine } from './engine.ts'
import type { JoinOrder } from './join-order.ts'
import type { Claimant, LocalRegistrants } from './local-registrants.ts'
import type { Members } from './members.ts'
import { toNumber } from './message-fields.ts'
import type { Claim, Count, NodeMessage } from './messages.ts'
import type { OwnToken, OwnTokens } from './own-tokens.ts'
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
  readonly ownTokens: Pick<OwnTokens, 'get'>
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
  readonly #known = new Map<OwnToken, Map<string, Known>>()
  /** Those of which there may be too many. */
  readonly #unchecked = new Set<OwnToken>()

  constructor(options: OthersOptions<Entry>) {
    this.#options = options
  }

  /** How many registrants other nodes have. */
  count(ownToken: OwnToken): number {
    let sum = 0
    for (const { registrants, isThere } of this.#of(ownToken).values()) if (isThere) sum += registrants
    return sum
  }

  /** The claims of other nodes, the highest first. */
  claims(ownToken: OwnToken): readonly Claim[] {
    const { shiftMs } = this.#options.clusterClock
    return [...this.#of(ownToken)]
      .flatMap(([node, { number }]) =>
        number === undefined ? [] : [{ node, number: toNumber(number + shiftMs) }],
      )
      .toSorted((one, other) => (isHigher(one, other) ? -1 : 1))
  }

  /** Undefined where no registrant is here. */
  sharing(token: string): Sharing | undefined {
    const ownToken = this.#options.ownTokens.get(hashOf(token))
    return ownToken && { elsewhere: this.count(ownToken), isHere: ownToken.subject === 'ask' }
  }

  /** What this node has. */
  own({ token }: OwnToken): Count {
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
  heard(ownToken: OwnToken, node: string, { registrants, oldest }: Count, claim?: Claim): boolean {
    const all = this.#of(ownToken)
    const before = all.get(node)
    const number = claim === undefined ? before?.number : this.#unshifted(claim)
    if (registrants === 0) all.delete(node)
    else if (before !== undefined || all.size < NODES_MAX)
      all.set(node, { registrants, oldest, number, isThere: true })
    if (all.size === 0) this.#known.delete(ownToken)
    else this.#known.set(ownToken, all)
    if (registrants > (before?.registrants ?? 0)) this.#unchecked.add(ownToken)
    if (registrants !== before?.registrants) this.#options.onChanged(ownToken.token)
    return before === undefined && all.has(node)
  }

  /** Whether other nodes have registrants too. */
  isShared(ownToken: OwnToken): boolean {
    return this.#known.has(ownToken)
  }

  /** One more is here. */
  joined(ownToken: OwnToken): void {
    if (this.isShared(ownToken)) this.#unchecked.add(ownToken)
  }

  /** This node has no registrant of it any more. */
  remove(ownToken: OwnToken): void {
    this.#known.delete(ownToken)
    this.#unchecked.delete(ownToken)
  }

  /** Clients are sent here now, or not any more. */
  moved(ownToken: OwnToken): void {
    if (this.isShared(ownToken)) this.#options.onChanged(ownToken.token)
  }

  /** Forgets what nodes have said that are no members, and counts only those that are not missing. To be called again and again. */
  keepOnly(members: Pick<Members, 'get'>): void {
    for (const [ownToken, all] of [...this.#known])
      for (const [node, known] of [...all]) {
        const member = members.get(node)
        if (member === undefined) this.heard(ownToken, node, { registrants: 0, oldest: 0 })
        else this.#setThere(ownToken, node, known, member.missingSinceMs === undefined)
      }
  }

  /** What is known now. See `keepAnswered`. */
  known(ownToken: OwnToken): ReadonlyMap<string, Known> {
    return new Map(this.#of(ownToken))
  }

  /**
   * All have been asked what they have: forgets what those have had that have answered without it, and have said nothing since.
   *
   * @param before what was known when they were asked
   */
  keepAnswered(ownToken: OwnToken, before: ReadonlyMap<string, Known>, { nodes, entries }: Roll): void {
    for (const node of nodes) {
      const known = before.get(node)
      const isOver = known !== undefined && !entries.some((entry) => entry.node === node)
      if (isOver && this.#of(ownToken).get(node) === known)
        this.heard(ownToken, node, { registrants: 0, oldest: 0 })
    }
  }

  /** The holder has found that there are too many. */
  displace(hash: string, number: number): void {
    const { ownTokens, local, order } = this.#options
    const token = ownTokens.get(hash)?.token
    if (token !== undefined) local.displace(token, (entry) => order.of(entry) === number)
  }

  /** Where there are too many, the oldest of all leaves: the holder, which has the newest, says so. To be called again and again. */
  tick(): void {
    for (const ownToken of this.#unchecked) this.#check(ownToken)
    this.#unchecked.clear()
  }

  #check(ownToken: OwnToken): void {
    const { engine, subjects, node, perToken } = this.#options
    const own = this.own(ownToken)
    if (ownToken.subject !== 'ask' || own.registrants + this.count(ownToken) <= perToken) return
    const others = [...this.#of(ownToken)].filter(([, { isThere }]) => isThere)
    const [[where, { oldest }] = [node, own]] = [[node, own] as const, ...others].toSorted(
      ([, one], [, other]) => one.oldest - other.oldest,
    )
    if (where === node) return this.displace(ownToken.hash, oldest)
    const displace: NodeMessage = { kind: 'displace', hash: ownToken.hash, number: oldest }
    engine.publish(subjects.node(where), JSON.stringify(displace))
  }

  #setThere(ownToken: OwnToken, node: string, known: Known, isThere: boolean): void {
    if (known.isThere === isThere) return
    this.#of(ownToken).set(node, { ...known, isThere })
    this.#options.onChanged(ownToken.token)
  }

  #of(ownToken: OwnToken): Map<string, Known> {
    return this.#known.get(ownToken) ?? new Map()
  }

  #unshifted({ number }: Claim): number | undefined {
    return number === 0 ? undefined : number - this.#options.clusterClock.shiftMs
  }

  /** Tokens that others have too. */
  get size(): number {
    return this.#known.size + this.#unchecked.size
  }
}
