import { inBackground } from '../../lib/background.ts'
import type { Clock } from '../../lib/clock.ts'
import { FRESH_MS } from './claim-order.ts'
import type { ClaimPublisher } from './claim-publisher.ts'
import { ClaimRepetitions } from './claim-repetitions.ts'
import type { Holding, Holdings, Side } from './holdings.ts'
import type { Claimant, LocalRegistrants } from './local-registrants.ts'
import type { TokenCounts } from './token-counts.ts'

export interface OwnClaimsOptions<Entry extends Claimant> {
  readonly clock: Clock
  readonly local: LocalRegistrants<Entry>
  readonly holdings: Holdings
  readonly counts: TokenCounts<Entry>
  readonly publisher: ClaimPublisher
  /** Resolves when all members have heard what this node has said until now, and have answered; or after a while. */
  readonly rollCall: () => Promise<unknown>
  /** Whether a node holds the token. */
  readonly hasHolder: (hash: string) => Promise<boolean>
}

/** What this node claims: makes claims, makes them again, and gives them up. `Claims` knows when. */
export class OwnClaims<Entry extends Claimant> {
  readonly #options: OwnClaimsOptions<Entry>
  readonly #repeating = new ClaimRepetitions()
  /** Those that have lost their registrant and expect it back, and until when, in any order. */
  readonly #expecting = new Map<Holding, number>()
  /** Those whose holder is being looked for. */
  readonly #looking = new Set<Holding>()

  constructor(options: OwnClaimsOptions<Entry>) {
    this.#options = options
  }

  /** @param isAgain false for a newcomer's first claim, to which all others give way; else two newcomers would give way to each other again and again */
  claim(holding: Holding, isAgain: boolean): void {
    this.#expecting.delete(holding)
    this.#options.holdings.move(holding, 'ask')
    holding.claimedMs = this.#options.clock.now()
    this.#repeating.begin(holding)
    this.#options.counts.moved(holding)
    this.#say('ask', holding, isAgain)
    this.#say('fallback', holding, isAgain)
  }

  /** Claims the token for a registrant that is not new: nobody is told of it before all nodes could say that they have a newer one. */
  takeOver(holding: Holding): void {
    this.claim(holding, true)
    const untilHeard = this.#options.rollCall().then(() => {
      if (holding.untilHeard === untilHeard) holding.untilHeard = undefined
    })
    holding.untilHeard = untilHeard
  }

  /** Whoever asks fallbacks may not have known the holder yet; or two have given way to each other. */
  takeOverUnlessHeld(holding: Holding): void {
    if (this.#looking.has(holding)) return
    this.#looking.add(holding)
    const { holdings, hasHolder } = this.#options
    const look = async (): Promise<void> => {
      const isHeld = await hasHolder(holding.hash)
      this.#looking.delete(holding)
      const isHere = holdings.get(holding.hash) === holding && holding.number !== undefined
      if (!isHeld && isHere && holding.side === 'fallback') this.takeOver(holding)
    }
    inBackground(look())
  }

  /** Another node has a newer registrant. */
  giveWay(holding: Holding): void {
    this.#repeating.end(holding)
    this.#expecting.delete(holding)
    this.#standBack(holding)
    this.#options.local.stopExpecting(holding.token)
    this.#options.counts.moved(holding)
  }

  /** No registrant is left here that clients can be sent to. */
  withdraw(holding: Holding): void {
    const { local, publisher } = this.#options
    const wasHolder = holding.side === 'ask' && holding.number !== undefined
    holding.number = undefined
    this.#repeating.end(holding)
    const untilMs = holding.side === 'ask' ? local.expectedUntilMs(holding.token) : undefined
    if (untilMs === undefined) this.#standBack(holding)
    else this.#expecting.set(holding, untilMs)
    if (wasHolder) publisher.left(holding)
  }

  /** Somebody has a lower claim, and does not know of this one. Said each time: he takes silence until the roll call for consent. */
  assert(holding: Holding): void {
    this.#say('ask', holding, true)
  }

  /** This node has heard what it said at `sentMs`, by the clock. Claims are made again when that was a while after them. */
  confirmed(sentMs: number): void {
    for (const holding of this.#repeating.due(sentMs)) this.#say('ask', holding, true)
  }

  /** Claims a token once more: others may have missed it, or have forgotten how many registrants are here. */
  repeat(holding: Holding): void {
    this.#options.counts.changed(holding)
    if (holding.number === undefined) return
    // What the holder says is compared with its own, too.
    if (holding.side === 'fallback') return this.takeOverUnlessHeld(holding)
    this.#say('ask', holding, true)
    this.#say('fallback', holding, true)
  }

  /** Gives up the places of those that are not back in time. To be called again and again. */
  endExpecting(): void {
    const nowMs = this.#options.clock.now()
    for (const [holding, untilMs] of this.#expecting) {
      if (nowMs < untilMs) continue
      this.#expecting.delete(holding)
      this.#standBack(holding)
    }
  }

  /** How many tokens expect their registrant back. */
  get expecting(): number {
    return this.#expecting.size
  }

  /** Whether its newest registrant has just joined. */
  isFresh(holding: Holding): boolean {
    return this.#options.clock.now() - holding.joinedMs < FRESH_MS
  }

  /** Clients are not sent here any more. */
  #standBack(holding: Holding): void {
    const { local, holdings, counts } = this.#options
    if (local.count(holding.token) > 0) return holdings.move(holding, 'fallback')
    holdings.remove(holding)
    counts.remove(holding)
  }

  #say(side: Side, holding: Holding, isAgain: boolean): void {
    const { local, publisher } = this.#options
    const id = local.newest(holding.token)?.advertised.id
    if (this.isFresh(holding)) publisher.fresh(side, holding, id, isAgain)
    else publisher.older(side, holding)
  }
}
