import { inBackground } from '../../lib/background.ts'
import type { Clock } from '../../lib/clock.ts'
import { isHigher } from './claim-order.ts'
import { ClaimPublisher } from './claim-publisher.ts'
import { ClusterClock } from './cluster-clock.ts'
import type { Engine, EngineMessage } from './engine.ts'
import { type Holding, Holdings } from './holdings.ts'
import { JoinOrder } from './join-order.ts'
import type { Claimant, LocalRegistrants } from './local-registrants.ts'
import { type Claim, type ClusterTime, readTokenMessage } from './messages.ts'
import { Others } from './others.ts'
import { OwnClaims } from './own-claims.ts'
import { type Report, RIVALS_MAX } from './replies.ts'
import type { Roll } from './roll.ts'
import { hashOf, type Subjects } from './subjects.ts'

export interface ClaimsOptions<Entry extends Claimant> {
  readonly clock: Clock
  readonly engine: Pick<Engine, 'publish' | 'subscribe'>
  readonly subjects: Subjects
  /** This node. */
  readonly node: string
  readonly local: LocalRegistrants<Entry>
  /** How many registrants a token may have, at all nodes together. */
  readonly perToken: number
  /** Asks all members what they have of a token. */
  readonly rollCall: (hash: string) => Promise<Roll>
  /** Other nodes have more registrants of this token, or fewer, or clients are sent elsewhere than before. */
  readonly onChanged: (token: string) => void
  /** Somebody asks the holder. @param holding undefined where this node has nothing of the token any more */
  readonly onQuestion: (holding: Holding | undefined, reply: string) => void
  /** A message that is none. */
  readonly onIgnored: () => void
}

/**
 * Decides to which node clients of each token are sent: to the one with the newest registrant. A newcomer's node claims its token, and who
 * hears of a newer registrant gives way, and is a fallback from then on. See docs/cluster.md.
 */
export class Claims<Entry extends Claimant> {
  readonly holdings: Holdings
  readonly others: Others<Entry>
  readonly clock: ClusterClock
  readonly order: JoinOrder<Entry>
  readonly own: OwnClaims<Entry>
  readonly #options: ClaimsOptions<Entry>
  readonly #publisher: ClaimPublisher
  readonly #elections = new Map<Holding, Promise<void>>()

  constructor(options: ClaimsOptions<Entry>) {
    this.#options = options
    const { clock, engine, subjects, node } = options
    this.clock = new ClusterClock(clock, node)
    this.order = new JoinOrder(this.clock)
    this.holdings = new Holdings(engine, subjects, (...heard) => this.#hear(...heard), clock, this.clock)
    this.others = new Others({
      ...options,
      order: this.order,
      clusterClock: this.clock,
      holdings: this.holdings,
    })
    this.#publisher = new ClaimPublisher(options, this.clock, (holding) => this.others.own(holding))
    const { holdings, others } = this
    this.own = new OwnClaims({ ...options, holdings, others, publisher: this.#publisher })
  }

  /** Whether clients are sent here, as far as this node knows. */
  isHolder(hash: string): boolean {
    return this.holdings.get(hash)?.side === 'ask'
  }

  /** What this node has of a token; undefined if nothing. */
  report(hash: string): Report | undefined {
    const holding = this.holdings.get(hash)
    if (holding === undefined) return undefined
    return { hash, number: holding.number ?? 0, rivals: this.others.claims(holding).slice(0, RIVALS_MAX) }
  }

  /** A registrant has come that clients can be sent to: it is the newest of all. */
  joined(entry: Entry): void {
    const hash = hashOf(entry.token)
    const holding = this.holdings.get(hash) ?? this.holdings.add(entry.token, hash, 'ask')
    holding.number = this.order.join(entry, holding.number)
    this.own.claim(holding)
    this.others.joined(holding)
  }

  /** A registrant of this token has left, or answers no more, or answers again, or cannot be published. */
  changed(token: string): void {
    const { local } = this.#options
    const hash = hashOf(token)
    const newest = local.newest(token)
    const known = this.holdings.get(hash)
    if (known === undefined && local.count(token) === 0) return
    const holding = known ?? this.holdings.add(token, hash, 'fallback')
    const before = holding.number
    holding.number = newest && this.order.of(newest)
    const { number, side } = holding
    if (side === 'ask' && number !== before) this.own.giveUp(holding)
    else if (this.others.isShared(holding)) this.#publisher.count(holding)
    if (side === 'fallback' && number === undefined) this.own.standBack(holding)
    if (number !== undefined && number !== before) inBackground(this.elect(holding))
  }

  /** Asks all, and claims the token if its own registrant is the newest. */
  elect(holding: Holding): Promise<void> {
    const running =
      this.#elections.get(holding) ?? this.#elect(holding).finally(() => this.#elections.delete(holding))
    this.#elections.set(holding, running)
    return running
  }

  /**
   * Somebody has asked all, and its registrant was the newest one.
   *
   * @param number that one's; a newer one may have come since
   * @returns whether clients are sent here from now on
   */
  async takeOver(holding: Holding, number: number): Promise<boolean> {
    const { number: own = 0 } = holding
    if (own < number) return false
    const [rival] = this.others.claims(holding)
    // The rival's node may have answered before it made that claim, or it has none any more: asked now, it says which.
    if (rival !== undefined && this.#isHigher(rival, own)) await this.elect(holding)
    else if (holding.side === 'fallback') this.own.claim(holding)
    return this.holdings.get(holding.hash) === holding && holding.side === 'ask'
  }

  /** Says once more what is here, and asks those that had the token too whether they still have it: something may have been lost. */
  async repeat(holding: Holding): Promise<void> {
    this.own.repeat(holding)
    if (!this.others.isShared(holding)) return
    const known = this.others.known(holding)
    this.others.keepAnswered(holding, known, await this.#options.rollCall(holding.hash))
  }

  /** Ends what is over. To be called again and again. */
  tick(): void {
    this.holdings.tick()
    this.others.tick()
    this.own.endExpecting()
  }

  async #elect(holding: Holding): Promise<void> {
    if (holding.side === 'ask') return
    const [rival] = this.others.claims(holding)
    const known = this.others.known(holding)
    const roll = await this.#options.rollCall(holding.hash)
    const { newest, isNewestSilent } = roll
    const isSame = this.others.claims(holding)[0]?.number === rival?.number
    const isNewest = newest?.node === this.#options.node && newest.report.number === holding.number
    this.others.keepAnswered(holding, known, roll)
    if (isSame && isNewest && !isNewestSilent) this.own.claim(holding)
    // The holder may not have heard of this one, or hold an older one: then it gives way, and who asks next asks all.
    else this.own.repeat(holding)
  }

  /** Whether another node's claim is higher than this node's number. */
  #isHigher(theirs: Claim, number = 0): boolean {
    return isHigher(theirs, { node: this.#options.node, number })
  }

  #hear(hash: string, message: EngineMessage): void {
    const { node, onIgnored, onQuestion } = this.#options
    const heard = readTokenMessage(message.data)
    if (heard === undefined) return onIgnored()
    const holding = this.holdings.get(hash)
    if (heard.kind === 'question') return onQuestion(holding, message.reply)
    if (heard.node === node || holding === undefined) return
    const claim = heard.kind === 'count' ? undefined : this.#read(heard)
    // A node that has not been heard of before may not have heard of this one either.
    if (this.others.heard(holding, heard.node, heard, claim)) this.#publisher.count(holding)
    if (heard.kind === 'left') this.#hearLeft(holding)
    if (heard.kind === 'claim' && claim !== undefined) this.#hearClaim(holding, claim, heard.link)
  }

  #hearLeft(holding: Holding): void {
    const { number } = holding
    const [rival] = this.others.claims(holding)
    const isNewest = rival === undefined || !this.#isHigher(rival, number)
    if (number !== undefined && isNewest) inBackground(this.elect(holding))
  }

  #hearClaim(holding: Holding, theirs: Claim, link: string): void {
    if (!this.#isHigher(theirs, holding.number)) this.own.assert(holding)
    else if (holding.side === 'ask') this.own.giveWay(holding)
    else this.#options.local.stopExpecting(holding.token)
    this.#options.local.replace(holding.token, (entry) => this.#isOlderLink(entry, theirs, link))
  }

  /** By this node's clock. */
  #read({ node, number, ...time }: Claim & ClusterTime): Claim {
    return { node, number: number === 0 ? 0 : this.clock.read(number, time) }
  }

  /** A link that came after that one is not older, though its claim may have been on its way. */
  #isOlderLink(entry: Entry, theirs: Claim, link: string): boolean {
    const { id } = entry.advertised
    return id !== undefined && this.order.of(entry) < theirs.number && hashOf(id) === link
  }
}
