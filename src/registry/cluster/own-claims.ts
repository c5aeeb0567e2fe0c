import type { Clock } from '../../lib/clock.ts'
import type { ClaimPublisher } from './claim-publisher.ts'
import { ClaimRepetitions } from './claim-repetitions.ts'
import type { Holding, Holdings, Side } from './holdings.ts'
import type { Claimant, LocalRegistrants } from './local-registrants.ts'
import type { Others } from './others.ts'

export interface OwnClaimsOptions<Entry extends Claimant> {
  readonly clock: Clock
  readonly local: LocalRegistrants<Entry>
  readonly holdings: Holdings
  readonly others: Others<Entry>
  readonly publisher: ClaimPublisher
}

/** What this node claims: makes claims, makes them again, and gives them up. `Claims` knows when. */
export class OwnClaims<Entry extends Claimant> {
  readonly #options: OwnClaimsOptions<Entry>
  readonly #repeating = new ClaimRepetitions()
  /** Those that have lost their registrant and expect it back, and until when, in any order. */
  readonly #expecting = new Map<Holding, number>()

  constructor(options: OwnClaimsOptions<Entry>) {
    this.#options = options
  }

  /** From now on clients are sent here, as far as this node knows. */
  claim(holding: Holding): void {
    this.#expecting.delete(holding)
    this.#options.holdings.move(holding, 'ask')
    holding.claimedMs = this.#options.clock.now()
    this.#repeating.begin(holding)
    this.#options.others.moved(holding)
    this.#say(holding)
  }

  /** Another node has a newer registrant, or may have one. */
  giveWay(holding: Holding): void {
    this.standBack(holding)
    this.#options.local.stopExpecting(holding.token)
  }

  /** Clients were sent to a registrant that is not its newest one any more. */
  giveUp(holding: Holding): void {
    const { local, publisher } = this.#options
    const untilMs = holding.number === undefined ? local.expectedUntilMs(holding.token) : undefined
    publisher.left(holding)
    if (untilMs === undefined) return this.standBack(holding)
    this.#repeating.end(holding)
    this.#expecting.set(holding, untilMs)
  }

  /** Somebody has a lower claim, and does not know of this one. */
  assert(holding: Holding): void {
    this.#say(holding, ['ask'])
  }

  /** This node has heard what it said at `sentMs`, by the clock. Claims are made again when that was a while after them. */
  confirmed(sentMs: number): void {
    for (const holding of this.#repeating.due(sentMs)) this.#say(holding, ['ask'])
  }

  /** Says once more what is here: others may have missed it, or have forgotten how many registrants are here. */
  repeat(holding: Holding): void {
    if (holding.number === undefined) this.#options.publisher.count(holding)
    else this.#say(holding)
  }

  /** Gives up the places of those that are not back in time. To be called again and again. */
  endExpecting(): void {
    const nowMs = this.#options.clock.now()
    for (const [holding, untilMs] of this.#expecting) if (nowMs >= untilMs) this.standBack(holding)
  }

  /** How many tokens expect their registrant back. */
  get expecting(): number {
    return this.#expecting.size
  }

  /** Clients are not sent here any more. */
  standBack(holding: Holding): void {
    const { local, holdings, others } = this.#options
    this.#repeating.end(holding)
    this.#expecting.delete(holding)
    if (local.count(holding.token) === 0) {
      holdings.remove(holding)
      others.remove(holding)
    } else if (holding.side === 'ask') {
      holdings.move(holding, 'fallback')
      others.moved(holding)
    }
  }

  #say(holding: Holding, sides?: readonly Side[]): void {
    const { local, publisher } = this.#options
    publisher.claim(holding, local.newest(holding.token)?.advertised.id, sides)
  }
}
