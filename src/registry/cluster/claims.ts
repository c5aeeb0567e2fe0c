import { inBackground } from '../../lib/background.ts'
import type { Clock } from '../../lib/clock.ts'
import { isHigher } from './claim-order.ts'
import { ClaimPublisher } from './claim-publisher.ts'
import { ClusterClock } from './cluster-clock.ts'
import type { Engine, EngineMessage } from './engine.ts'
import { JoinOrder } from './join-order.ts'
import type { Claimant, LocalRegistrants } from './local-registrants.ts'
import { type Claim, type ClusterTime, readTokenMessage } from './messages.ts'
import { Others } from './others.ts'
import { OwnClaims } from './own-claims.ts'
import { type OwnToken, OwnTokens } from './own-tokens.ts'
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
  /** Somebody asks the holder. @param ownToken undefined where this node has nothing of the token any more */
  readonly onQuestion: (ownToken: OwnToken | undefined, reply: string) => void
  /** A message that is none. */
  readonly onIgnored: () => void
}

/**
 * Decides to which node clients of each token are sent: to the one with the newest registrant. A newcomer's node claims its token, and who
 * hears of a newer registrant gives way, and is a fallback from then on. See docs/cluster.md.
 */
export class Claims<Entry extends Claimant> {
  readonly ownTokens: OwnTokens
  readonly others: Others<Entry>
  readonly clock: ClusterClock
  readonly order: JoinOrder<Entry>
  readonly own: OwnClaims<Entry>
  readonly #options: ClaimsOptions<Entry>
  readonly #publisher: ClaimPublisher
  readonly #elections = new Map<OwnToken, Promise<void>>()

  constructor(options: ClaimsOptions<Entry>) {
    this.#options = options
    const { clock, engine, subjects, node } = options
    this.clock = new ClusterClock(clock, node)
    this.order = new JoinOrder(this.clock)
    this.ownTokens = new OwnTokens(engine, subjects, (...heard) => this.#hear(...heard), clock, this.clock)
    this.others = new Others({
      ...options,
      order: this.order,
      clusterClock: this.clock,
      ownTokens: this.ownTokens,
    })
    this.#publisher = new ClaimPublisher(options, this.clock, (ownToken) => this.others.own(ownToken))
    const { ownTokens, others } = this
    this.own = new OwnClaims({ ...options, ownTokens, others, publisher: this.#publisher })
  }

  /** Whether clients are sent here, as far as this node knows. */
  isHolder(hash: string): boolean {
    return this.ownTokens.get(hash)?.subject === 'ask'
  }

  /** What this node has of a token; undefined if nothing. */
  report(hash: string): Report | undefined {
    const ownToken = this.ownTokens.get(hash)
    if (ownToken === undefined) return undefined
    return { hash, number: ownToken.number ?? 0, rivals: this.others.claims(ownToken).slice(0, RIVALS_MAX) }
  }

  /** A registrant has come that clients can be sent to: it is the newest of all. */
  joined(entry: Entry): void {
    const hash = hashOf(entry.token)
    const ownToken = this.ownTokens.get(hash) ?? this.ownTokens.add(entry.token, hash, 'ask')
    ownToken.number = this.order.join(entry, ownToken.number)
    this.own.claim(ownToken)
    this.others.joined(ownToken)
  }

  /** A registrant of this token has left, or answers no more, or answers again, or cannot be published. */
  changed(token: string): void {
    const { local } = this.#options
    const hash = hashOf(token)
    const newest = local.newest(token)
    const known = this.ownTokens.get(hash)
    if (known === undefined && local.count(token) === 0) return
    const ownToken = known ?? this.ownTokens.add(token, hash, 'fallback')
    const before = ownToken.number
    ownToken.number = newest && this.order.of(newest)
    const { number, subject } = ownToken
    if (subject === 'ask' && number !== before) this.own.giveUp(ownToken)
    else if (this.others.isShared(ownToken)) this.#publisher.count(ownToken)
    if (subject === 'fallback' && number === undefined) this.own.standBack(ownToken)
    if (number !== undefined && number !== before) inBackground(this.elect(ownToken))
  }

  /** Asks all, and claims the token if its own registrant is the newest. */
  elect(ownToken: OwnToken): Promise<void> {
    const running =
      this.#elections.get(ownToken) ?? this.#elect(ownToken).finally(() => this.#elections.delete(ownToken))
    this.#elections.set(ownToken, running)
    return running
  }

  /**
   * Somebody has asked all, and its registrant was the newest one.
   *
   * @param number that one's; a newer one may have come since
   * @returns whether clients are sent here from now on
   */
  async takeOver(ownToken: OwnToken, number: number): Promise<boolean> {
    const { number: own = 0 } = ownToken
    if (own < number) return false
    const [rival] = this.others.claims(ownToken)
    // The rival's node may have answered before it made that claim, or it has none any more: asked now, it says which.
    if (rival !== undefined && this.#isHigher(rival, own)) await this.elect(ownToken)
    else if (ownToken.subject === 'fallback') this.own.claim(ownToken)
    return this.ownTokens.get(ownToken.hash) === ownToken && ownToken.subject === 'ask'
  }

  /** Says once more what is here, and asks those that had the token too whether they still have it: something may have been lost. */
  async repeat(ownToken: OwnToken): Promise<void> {
    this.own.repeat(ownToken)
    if (!this.others.isShared(ownToken)) return
    const known = this.others.known(ownToken)
    this.others.keepAnswered(ownToken, known, await this.#options.rollCall(ownToken.hash))
  }

  /** Ends what is over. To be called again and again. */
  tick(): void {
    this.ownTokens.tick()
    this.others.tick()
    this.own.endExpecting()
  }

  async #elect(ownToken: OwnToken): Promise<void> {
    if (ownToken.subject === 'ask') return
    const [rival] = this.others.claims(ownToken)
    const known = this.others.known(ownToken)
    const roll = await this.#options.rollCall(ownToken.hash)
    const { newest, isNewestSilent } = roll
    const isSame = this.others.claims(ownToken)[0]?.number === rival?.number
    const isNewest = newest?.node === this.#options.node && newest.report.number === ownToken.number
    this.others.keepAnswered(ownToken, known, roll)
    if (isSame && isNewest && !isNewestSilent) this.own.claim(ownToken)
    // The holder may not have heard of this one, or hold an older one: then it gives way, and who asks next asks all.
    else this.own.repeat(ownToken)
  }

  /** Whether another node's claim is higher than this node's number. */
  #isHigher(theirs: Claim, number = 0): boolean {
    return isHigher(theirs, { node: this.#options.node, number })
  }

  #hear(hash: string, message: EngineMessage): void {
    const { node, onIgnored, onQuestion } = this.#options
    const heard = readTokenMessage(message.data)
    if (heard === undefined) return onIgnored()
    const ownToken = this.ownTokens.get(hash)
    if (heard.kind === 'question') return onQuestion(ownToken, message.reply)
    if (heard.node === node || ownToken === undefined) return
    const claim = heard.kind === 'count' ? undefined : this.#read(heard)
    // A node that has not been heard of before may not have heard of this one either.
    if (this.others.heard(ownToken, heard.node, heard, claim)) this.#publisher.count(ownToken)
    if (heard.kind === 'left') this.#hearLeft(ownToken)
    if (heard.kind === 'claim' && claim !== undefined) this.#hearClaim(ownToken, claim, heard.link)
  }

  #hearLeft(ownToken: OwnToken): void {
    const { number } = ownToken
    const [rival] = this.others.claims(ownToken)
    const isNewest = rival === undefined || !this.#isHigher(rival, number)
    if (number !== undefined && isNewest) inBackground(this.elect(ownToken))
  }

  #hearClaim(ownToken: OwnToken, theirs: Claim, link: string): void {
    if (!this.#isHigher(theirs, ownToken.number)) this.own.assert(ownToken)
    else if (ownToken.subject === 'ask') this.own.giveWay(ownToken)
    else this.#options.local.stopExpecting(ownToken.token)
    this.#options.local.replace(ownToken.token, (entry) => this.#isOlderLink(entry, theirs, link))
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
