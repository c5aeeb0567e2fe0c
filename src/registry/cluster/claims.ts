import type { Clock } from '../../lib/clock.ts'
import { isHigher, newestOf } from './claim-order.ts'
import { ClaimPublisher } from './claim-publisher.ts'
import { ClusterClock } from './cluster-clock.ts'
import type { Engine, EngineMessage } from './engine.ts'
import { type Holding, Holdings, type Side } from './holdings.ts'
import { JoinOrder } from './join-order.ts'
import type { Claimant, LocalRegistrants } from './local-registrants.ts'
import {
  type NodeMessage,
  type Question,
  readTokenMessage,
  type TokenMessage,
  type TokenReply,
} from './messages.ts'
import { OwnClaims, type OwnClaimsOptions } from './own-claims.ts'
import { hashOf, type Subjects } from './subjects.ts'
import { TokenCounts } from './token-counts.ts'

/** `isLate`: whoever asks takes this node for the holder, which it is no more. */
export type AskedQuestion = Question & { readonly isLate: boolean }

export interface ClaimsOptions<Entry extends Claimant>
  extends Pick<OwnClaimsOptions<Entry>, 'rollCall' | 'hasHolder'> {
  readonly clock: Clock
  readonly engine: Pick<Engine, 'publish' | 'subscribe'>
  readonly subjects: Subjects
  /** This node. */
  readonly node: string
  readonly local: LocalRegistrants<Entry>
  /** How many registrants a token may have, at all nodes together. */
  readonly perToken: number
  /** Other nodes have more registrants of this token, or fewer, or clients are sent elsewhere than before. */
  readonly onChanged: (token: string) => void
  /** @param holding undefined where this node has nothing of the token any more */
  readonly onQuestion: (holding: Holding | undefined, question: AskedQuestion, reply: string) => void
  /** A message that is none. */
  readonly onIgnored: () => void
}

/**
 * Decides to which node clients of each token are sent: to the one with the newest registrant. Each node claims the tokens of its
 * registrants; who hears of a newer one gives way, and is a fallback from then on. See docs/cluster.md.
 */
export class Claims<Entry extends Claimant> {
  readonly holdings: Holdings
  readonly counts: TokenCounts<Entry>
  readonly clock: ClusterClock
  readonly order: JoinOrder<Entry>
  readonly own: OwnClaims<Entry>
  readonly #options: ClaimsOptions<Entry>
  readonly #publisher: ClaimPublisher

  constructor(options: ClaimsOptions<Entry>) {
    this.#options = options
    const { clock, engine, subjects, node } = options
    this.clock = new ClusterClock(clock, node)
    this.order = new JoinOrder(this.clock)
    this.holdings = new Holdings(engine, subjects, (...heard) => this.#hear(...heard), clock, this.clock)
    this.counts = new TokenCounts({ ...options, order: this.order, holdings: this.holdings })
    this.#publisher = new ClaimPublisher(engine, subjects, node, this.clock, (holding) =>
      this.counts.own(holding),
    )
    const { holdings, counts } = this
    this.own = new OwnClaims({ ...options, holdings, counts, publisher: this.#publisher })
  }

  /** Whether clients are sent here, as far as this node knows. */
  isHolder(hash: string): boolean {
    return this.holdings.get(hash)?.side === 'ask'
  }

  /** Resolves when other nodes could say that they have a newer registrant than those that are left here; undefined where they could. */
  untilHeard(hash: string): Promise<void> | undefined {
    return this.holdings.get(hash)?.untilHeard
  }

  /** A registrant has come that clients can be sent to: it is the newest of all. */
  joined(entry: Entry): void {
    const hash = hashOf(entry.token)
    const holding = this.holdings.get(hash) ?? this.holdings.add(entry.token, hash, 'ask')
    this.#join(holding, entry)
    holding.joinedMs = entry.joinedMs
    holding.isNewcomer = true
    holding.untilHeard = undefined
    this.own.claim(holding, false)
  }

  /** A registrant of this token has left, or answers no more, or answers again, or cannot be published. */
  changed(token: string): void {
    const { local } = this.#options
    const hash = hashOf(token)
    const newest = local.newest(token)
    const known = this.holdings.get(hash)
    if (known === undefined && local.count(token) === 0) return
    const holding = known ?? this.holdings.add(token, hash, 'fallback')
    // Others may have heard of a newcomer, and it not of them yet.
    this.counts.changed(holding, this.own.isFresh(holding))
    if (newest === undefined) return this.own.withdraw(holding)
    const before = holding.number
    holding.number = this.order.of(newest)
    holding.joinedMs = newest.joinedMs
    const isOther = holding.number !== before
    if (isOther) holding.isNewcomer = false
    // It may be older than another node's.
    if (isOther && (holding.side === 'ask' || before === undefined)) this.own.takeOver(holding)
  }

  /** Another node has given way to a registrant that has joined here, and had this number. */
  gaveWay({ hash, node, number, origin, ...count }: Extract<NodeMessage, { kind: 'gaveWay' }>): void {
    const holding = this.holdings.get(hash)
    if (holding === undefined) return
    holding.highest = Math.max(holding.highest, number)
    this.counts.answered(holding, node, count)
    const newest = this.#options.local.newest(holding.token)
    // It comes late where this node has given way itself since, to a newer one perhaps, or where that registrant has left.
    if (holding.side !== 'ask' || newest === undefined || !holding.isNewcomer) return
    if ((holding.number ?? 0) > number || origin === this.clock.origin) return
    this.#join(holding, newest)
    this.own.claim(holding, true)
  }

  /** A node that was asked as a holder says what it has: with this, no client is told of an older one once one was told of that. */
  answered(hash: string, reply: TokenReply): void {
    const holding = this.holdings.get(hash)
    const { node } = this.#options
    const isClaim = reply.kind === 'asking' || reply.kind === 'answer'
    if (!isClaim || reply.node === node || holding?.number === undefined) return
    holding.highest = Math.max(holding.highest, reply.number)
    const isTheirsHigher = isHigher(reply, { number: holding.number, node })
    if (holding.side === 'fallback' && !isTheirsHigher) this.own.takeOver(holding)
    // It may not have heard of a newcomer yet.
    if (holding.side === 'ask' && isTheirsHigher && !this.own.isFresh(holding)) this.own.giveWay(holding)
  }

  /** Ends what is over. To be called again and again. */
  tick(): void {
    this.holdings.tick()
    this.counts.tick()
    this.own.endExpecting()
  }

  #join(holding: Holding, entry: Entry): void {
    holding.number = this.order.join(entry, holding.highest)
    holding.highest = holding.number
  }

  #hear(side: Side, hash: string, message: EngineMessage): void {
    const { node, local, onIgnored, onQuestion } = this.#options
    const heard = readTokenMessage(message.data)
    if (heard === undefined) return onIgnored()
    const holding = this.holdings.get(hash)
    const isFallback = holding?.side === 'fallback' && holding.number !== undefined
    if (heard.kind === 'question') {
      // Whoever asks fallbacks has found no holder.
      if (isFallback && side === 'fallback' && !heard.isSecond) this.own.takeOverUnlessHeld(holding)
      // It was on its way when clients began to be sent elsewhere.
      const isLate = side === 'ask' && holding?.side !== 'ask'
      return onQuestion(holding, { ...heard, isLate }, message.reply)
    }
    if (heard.node === node || holding === undefined) return
    if (heard.kind === 'left') {
      if (isFallback) this.own.takeOver(holding)
      return
    }
    const isFirst = this.counts.heard(holding, heard.node, heard)
    // The node of a newcomer may not know how high the numbers are, nor how many registrants there are.
    const isTold = heard.kind === 'claim' && heard.isFresh && !heard.isAgain && local.count(holding.token) > 0
    // Any other that has not been heard of before may not have heard of this one either.
    if (isFirst && !isTold) this.counts.changed(holding)
    if (heard.kind === 'count') return
    holding.highest = Math.max(holding.highest, heard.number)
    this.#compare(holding, heard)
    if (isTold) this.#publisher.gaveWay(heard.node, holding)
    // A link that came after that one is not older, though its claim may have been on its way.
    const isOlder = (entry: Entry): boolean => this.order.of(entry) < heard.number
    const isSame = ({ advertised: { id } }: Entry): boolean => id !== undefined && hashOf(id) === heard.link
    local.replace(holding.token, (entry) => isOlder(entry) && isSame(entry))
  }

  /** Somebody else claims a token of this node. */
  #compare(holding: Holding, heard: Extract<TokenMessage, { kind: 'claim' }>): void {
    const { node, clock } = this.#options
    const { number, side } = holding
    if (number === undefined) return side === 'ask' ? this.own.giveWay(holding) : undefined
    const ours = { number, node }
    const newest = newestOf(ours, clock.now() - holding.joinedMs, heard, heard.origin === this.clock.origin)
    if (newest !== 'ours') {
      this.own.giveWay(holding)
      if (newest === 'newcomer' && heard.isAgain && isHigher(ours, heard))
        this.#publisher.gaveWay(heard.node, holding)
    } else if (side === 'fallback') {
      this.own.takeOver(holding)
    } else {
      this.own.assert(holding)
    }
  }
}
