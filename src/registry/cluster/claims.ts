import type { Clock } from '../../lib/clock.ts'
import { FRESH_MS, isHigher, newestOf } from './claim-order.ts'
import type { Engine, EngineMessage } from './engine.ts'
import { type Holding, Holdings, type Side } from './holdings.ts'
import { JoinOrder } from './join-order.ts'
import type { Claimant, LocalRegistrants } from './local-registrants.ts'
import { type Claim, type NodeMessage, readTokenMessage, type TokenMessage } from './messages.ts'
import { Repetitions } from './repetitions.ts'
import { Speech } from './speech.ts'
import { hashOf, type Subjects } from './subjects.ts'
import { TokenCounts } from './token-counts.ts'

/** So long another node may take to say that it has a newer registrant than one that takes another one's place, in milliseconds. */
const LOWERED_MS = 100
/** A node tells others at most so often that its claim to a token is higher, in milliseconds. */
const ASSERT_MS = 1000

export interface ClaimsOptions<Entry extends Claimant> {
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
  /** @param holding undefined where the token is elsewhere by now, or nowhere */
  readonly onQuestion: (holding: Holding | undefined, message: EngineMessage) => void
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
  readonly order = new JoinOrder<Entry>()
  readonly #options: ClaimsOptions<Entry>
  readonly #repeating = new Repetitions()
  /** Those that have lost their registrant and expect it back, and until when, in any order. */
  readonly #expecting = new Map<Holding, number>()
  readonly #speech: Speech

  constructor(options: ClaimsOptions<Entry>) {
    this.#options = options
    const { engine, subjects, node } = options
    this.#speech = new Speech(engine, subjects, node, (holding) => this.counts.own(holding))
    this.holdings = new Holdings(engine, subjects, (...heard) => this.#hear(...heard), options.clock)
    this.counts = new TokenCounts({ ...options, order: this.order, holdings: this.holdings })
  }

  /** Whether clients are sent here, as far as this node knows. */
  isHolder(hash: string): boolean {
    return this.holdings.get(hash)?.side === 'ask'
  }

  /**
   * Resolves when other nodes have had the time to say that they have a newer registrant than those that are left here; undefined where
   * that is so already.
   */
  sure(hash: string): Promise<void> | undefined {
    const { clock } = this.#options
    const loweredMs = this.holdings.get(hash)?.loweredMs ?? Number.NEGATIVE_INFINITY
    const leftMs = loweredMs + LOWERED_MS - clock.now()
    return leftMs > 0 ? new Promise((resolve) => clock.after(leftMs, resolve)) : undefined
  }

  /** A registrant has come that clients can be sent to: it is the newest of all. */
  joined(entry: Entry): void {
    const hash = hashOf(entry.token)
    this.#claimAnew(this.holdings.get(hash) ?? this.holdings.add(entry.token, hash, 'ask'), entry)
  }

  /** A registrant of this token has left, or answers no more, or answers again, or cannot be published. */
  changed(token: string): void {
    const { local } = this.#options
    const hash = hashOf(token)
    const newest = local.newest(token)
    const known = this.holdings.get(hash)
    if (known === undefined && local.count(token) === 0) return
    const holding = known ?? this.holdings.add(token, hash, 'fallback')
    this.counts.changed(holding)
    if (newest === undefined) return this.#withoutNewest(holding)
    const before = holding.number
    holding.number = this.order.of(newest)
    // One that is older than the one before may be older than another node's.
    const isOther = holding.number !== before
    if (isOther && before !== undefined) holding.loweredMs = this.#options.clock.now()
    holding.joinedMs = newest.joinedMs
    if (isOther && (holding.side === 'ask' || before === undefined)) this.#claim(holding)
  }

  /** Another node has given way to a registrant that has joined here, and had this number. */
  gaveWay({ hash, node, number, ...count }: Extract<NodeMessage, { kind: 'gaveWay' }>): void {
    this.order.raise(number)
    const holding = this.holdings.get(hash)
    if (holding !== undefined) this.counts.answered(holding, node, count)
    const newest = holding && this.#options.local.newest(holding.token)
    // It comes late where this node has given way itself since: to a newer one, perhaps.
    if (holding?.side !== 'ask' || newest === undefined || (holding.number ?? 0) > number) return
    holding.number = this.order.join(newest)
    this.#claim(holding)
  }

  /** This node has heard what it said at `sentMs`, by the clock. Claims are made again when that was a while after them. */
  confirmed(sentMs: number): void {
    for (const holding of this.#repeating.due(sentMs)) this.#say('ask', holding, true)
  }

  /** Claims a token once more: others may have missed it. */
  repeat(holding: Holding): void {
    this.counts.changed(holding)
    if (holding.side !== 'ask' || holding.number === undefined) return
    this.#say('ask', holding, true)
    if (this.#isFresh(holding)) this.#say('fallback', holding, true)
  }

  /** Gives up the places of those that are not back in time. To be called again and again. */
  endExpecting(): void {
    this.holdings.tick()
    this.counts.tick()
    const nowMs = this.#options.clock.now()
    for (const [holding, untilMs] of this.#expecting) {
      if (nowMs < untilMs) continue
      this.#expecting.delete(holding)
      this.#settle(holding)
    }
  }

  /** How many tokens expect their registrant back. */
  get expecting(): number {
    return this.#expecting.size
  }

  #hear(side: Side, hash: string, message: EngineMessage): void {
    const { node, local, onIgnored, onQuestion } = this.#options
    const heard = readTokenMessage(message.data)
    if (heard === undefined) return onIgnored()
    const holding = this.holdings.get(hash)
    const isFallback = holding?.side === 'fallback' && holding.number !== undefined
    if (heard.kind === 'question') {
      // Whoever asks fallbacks has found no holder: two have given way to each other.
      if (isFallback && side === 'fallback' && !heard.isSecond) this.#takeOver(holding)
      // It was on its way when clients began to be sent elsewhere.
      const isLate = side === 'ask' && holding?.side !== 'ask'
      return onQuestion(isLate ? undefined : holding, message)
    }
    if (heard.node === node || holding === undefined) return
    if (heard.kind === 'left') {
      if (isFallback) this.#takeOver(holding)
      return
    }
    this.counts.heard(holding, heard.node, heard)
    if (heard.kind === 'count') return
    this.order.raise(heard.number)
    this.#compare(holding, heard)
    // Its node may not know how high the numbers are, nor how many registrants there are.
    const isNewcomer = heard.isFresh && !heard.isAgain
    if (isNewcomer && local.count(holding.token) > 0) this.#speech.gaveWay(heard.node, holding)
    // A link that came after that one is not older, though its claim may have been on its way.
    const isOlder = (entry: Entry): boolean => this.order.of(entry) < heard.number
    const isSame = ({ advertised: { id } }: Entry): boolean => id !== undefined && hashOf(id) === heard.link
    local.replace(holding.token, (entry) => isOlder(entry) && isSame(entry))
  }

  /** Somebody else claims a token of this node. */
  #compare(holding: Holding, heard: Claim & Extract<TokenMessage, { kind: 'claim' }>): void {
    const { node, clock } = this.#options
    const { number, side } = holding
    if (number === undefined) return side === 'ask' ? this.#giveWay(holding) : undefined
    const ours = { number, node }
    const newest = newestOf(ours, clock.now() - holding.joinedMs, heard)
    if (newest !== 'ours') {
      this.#giveWay(holding)
      if (newest === 'newcomer' && heard.isAgain && isHigher(ours, heard))
        this.#speech.gaveWay(heard.node, holding)
    } else if (side === 'fallback') {
      this.#claim(holding)
    } else if (clock.now() - holding.assertedMs >= ASSERT_MS) {
      holding.assertedMs = clock.now()
      this.#say('ask', holding, true)
    }
  }

  #giveWay(holding: Holding): void {
    this.#repeating.end(holding)
    this.#expecting.delete(holding)
    this.#settle(holding)
    this.#options.local.isElsewhere(holding.token)
    this.counts.moved(holding)
  }

  /** No registrant is left here that clients can be sent to. */
  #withoutNewest(holding: Holding): void {
    const { local } = this.#options
    const wasHolder = holding.side === 'ask' && holding.number !== undefined
    holding.number = undefined
    this.#repeating.end(holding)
    const untilMs = holding.side === 'ask' ? local.expectedUntilMs(holding.token) : undefined
    if (untilMs === undefined) this.#settle(holding)
    else this.#expecting.set(holding, untilMs)
    if (wasHolder) this.#speech.left(holding)
  }

  /** Clients are not sent here any more. */
  #settle(holding: Holding): void {
    if (this.#options.local.count(holding.token) > 0) return this.holdings.move(holding, 'fallback')
    this.holdings.remove(holding)
    this.counts.remove(holding)
  }

  /** A registrant has joined. */
  #claimAnew(holding: Holding, entry: Entry): void {
    holding.number = this.order.join(entry)
    holding.joinedMs = entry.joinedMs
    this.#claim(holding, false)
  }

  /** No node holds the token, as far as this one knows: another one may have a newer registrant, and do the same. */
  #takeOver(holding: Holding): void {
    holding.loweredMs = this.#options.clock.now()
    this.#claim(holding)
  }

  /** @param isAgain false for a newcomer's first claim, to which all others give way; else two newcomers would give way to each other again and again */
  #claim(holding: Holding, isAgain = true): void {
    this.#expecting.delete(holding)
    this.holdings.move(holding, 'ask')
    holding.claimedMs = this.#options.clock.now()
    this.#repeating.begin(holding)
    this.counts.moved(holding)
    this.#say('ask', holding, isAgain)
    this.#say('fallback', holding, isAgain)
  }

  #say(side: Side, holding: Holding, isAgain: boolean): void {
    const id = this.#options.local.newest(holding.token)?.advertised.id
    if (this.#isFresh(holding)) this.#speech.fresh(side, holding, id, isAgain)
    else this.#speech.older(side, holding)
  }

  #isFresh(holding: Holding): boolean {
    return this.#options.clock.now() - holding.joinedMs < FRESH_MS
  }
}
