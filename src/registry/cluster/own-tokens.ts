import type { Clock } from '../../lib/clock.ts'
import type { ClusterClock } from './cluster-clock.ts'
import type { Engine, EngineMessage, Subscription } from './engine.ts'
import { lastPart, type Subjects } from './subjects.ts'

/** `ask`: clients of the token are sent here, as far as this node knows. `fallback`: they are sent elsewhere. */
export type TokenSubject = 'ask' | 'fallback'

/**
 * A question that was asked when a subscription ended is answered for so long, in milliseconds: it would be waited for in vain. So long is known
 * too that a token was here: it may have gone to a node that was asked just before.
 */
export const ON_THE_WAY_MS = 200

/** What this node has of a token: registrants, or the place of one that was lost a moment ago. */
export interface OwnToken {
  readonly token: string
  readonly hash: string
  readonly subject: TokenSubject
  /** That of the newest registrant that clients can be sent to; undefined if there is none. */
  number: number | undefined
  /** When it was claimed last, by the clock. */
  claimedMs: number
}

class SubscribedToken implements OwnToken {
  /** Before all shifts of the cluster's clock. */
  #number: number | undefined
  claimedMs = Number.NEGATIVE_INFINITY
  /** That of the other subject, until it ends. */
  before: Subscription | undefined
  readonly #clock: Pick<ClusterClock, 'shiftMs'>

  readonly token: string
  readonly hash: string
  subject: TokenSubject
  subscription: Subscription

  constructor(
    token: string,
    hash: string,
    subject: TokenSubject,
    subscription: Subscription,
    clock: Pick<ClusterClock, 'shiftMs'>,
  ) {
    this.token = token
    this.hash = hash
    this.subject = subject
    this.subscription = subscription
    this.#clock = clock
  }

  get number(): number | undefined {
    return this.#number === undefined ? undefined : this.#number + this.#clock.shiftMs
  }

  set number(number: number | undefined) {
    this.#number = number === undefined ? undefined : number - this.#clock.shiftMs
  }
}

/** The tokens of this node. Each has one subscription: the engine's list of subscribers is the directory. */
export class OwnTokens {
  readonly #engine: Pick<Engine, 'subscribe'>
  readonly #subjects: Subjects
  readonly #byHash = new Map<string, SubscribedToken>()
  readonly #onMessage: (message: EngineMessage) => void
  readonly #clock: Clock
  readonly #clusterClock: ClusterClock
  /** Subscriptions that are of no use any more, and since when, the oldest first. */
  readonly #ending = new Map<Subscription, { readonly sinceMs: number; readonly ownToken: SubscribedToken }>()
  /** By the hashes of tokens that were here a moment ago, the last subscription of each. */
  readonly #gaveUp = new Map<string, Subscription>()
  #askCount = 0

  constructor(
    engine: Pick<Engine, 'subscribe'>,
    subjects: Subjects,
    onMessage: (hash: string, message: EngineMessage) => void,
    clock: Clock,
    clusterClock: ClusterClock,
  ) {
    this.#clock = clock
    this.#clusterClock = clusterClock
    this.#engine = engine
    this.#subjects = subjects
    // One function for all tokens: there may be tens of thousands.
    this.#onMessage = (message) => onMessage(lastPart(message.subject), message)
  }

  get(hash: string): OwnToken | undefined {
    return this.#byHash.get(hash)
  }

  /** Whether it was here a moment ago. */
  gaveUp(hash: string): boolean {
    return this.#gaveUp.has(hash) && !this.#byHash.has(hash)
  }

  add(token: string, hash: string, subject: TokenSubject): OwnToken {
    const ownToken = new SubscribedToken(
      token,
      hash,
      subject,
      this.#subscribe(hash, subject),
      this.#clusterClock,
    )
    this.#byHash.set(hash, ownToken)
    if (subject === 'ask') this.#askCount += 1
    return ownToken
  }

  /**
   * The new subscription is there before the old one ends: whoever asks finds one of them. One that has not ended yet is taken back: a token
   * that goes to and fro has two.
   */
  move({ hash }: OwnToken, subject: TokenSubject): void {
    const ownToken = this.#byHash.get(hash)
    if (ownToken === undefined || ownToken.subject === subject) return
    const { before } = ownToken
    if (before !== undefined) this.#ending.delete(before)
    ownToken.before = ownToken.subscription
    ownToken.subscription = before ?? this.#subscribe(hash, subject)
    this.#ending.set(ownToken.before, { sinceMs: this.#clock.now(), ownToken })
    ownToken.subject = subject
    this.#askCount += subject === 'ask' ? 1 : -1
  }

  remove({ hash }: OwnToken): void {
    const ownToken = this.#byHash.get(hash)
    if (ownToken === undefined) return
    this.#ending.set(ownToken.subscription, { sinceMs: this.#clock.now(), ownToken })
    this.#byHash.delete(hash)
    this.#gaveUp.set(hash, ownToken.subscription)
    if (ownToken.subject === 'ask') this.#askCount -= 1
  }

  /** Ends subscriptions that are of no use any more. To be called again and again. */
  tick(): void {
    const nowMs = this.#clock.now()
    for (const [subscription, { sinceMs, ownToken }] of this.#ending) {
      if (nowMs - sinceMs < ON_THE_WAY_MS) return
      this.#ending.delete(subscription)
      if (ownToken.before === subscription) ownToken.before = undefined
      if (this.#gaveUp.get(ownToken.hash) === subscription) this.#gaveUp.delete(ownToken.hash)
      subscription.unsubscribe()
    }
  }

  [Symbol.iterator](): IterableIterator<OwnToken> {
    return this.#byHash.values()
  }

  /** How many tokens clients are sent here for, and how many others are here. */
  get counts(): Readonly<Record<TokenSubject, number>> {
    return { ask: this.#askCount, fallback: this.#byHash.size - this.#askCount }
  }

  #subscribe(hash: string, subject: TokenSubject): Subscription {
    return this.#engine.subscribe(this.#subjects[subject](hash), this.#onMessage)
  }
}
