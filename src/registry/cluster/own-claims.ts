import type { Clock } from '../../lib/clock.ts'
import type { ClaimPublisher } from './claim-publisher.ts'
import { ClaimRepetitions } from './claim-repetitions.ts'
import type { Claimant, LocalRegistrants } from './local-registrants.ts'
import type { Others } from './others.ts'
import type { OwnToken, OwnTokens, TokenSubject } from './own-tokens.ts'

export interface OwnClaimsOptions<Entry extends Claimant> {
  readonly clock: Clock
  readonly local: LocalRegistrants<Entry>
  readonly ownTokens: OwnTokens
  readonly others: Others<Entry>
  readonly publisher: ClaimPublisher
}

/** What this node claims: makes claims, makes them again, and gives them up. `Claims` knows when. */
export class OwnClaims<Entry extends Claimant> {
  readonly #options: OwnClaimsOptions<Entry>
  readonly #repeating = new ClaimRepetitions()
  /** Those that have lost their registrant and expect it back, and until when, in any order. */
  readonly #expecting = new Map<OwnToken, number>()

  constructor(options: OwnClaimsOptions<Entry>) {
    this.#options = options
  }

  /** From now on clients are sent here, as far as this node knows. */
  claim(ownToken: OwnToken): void {
    this.#expecting.delete(ownToken)
    this.#options.ownTokens.move(ownToken, 'ask')
    ownToken.claimedMs = this.#options.clock.now()
    this.#repeating.begin(ownToken)
    this.#options.others.moved(ownToken)
    this.#say(ownToken)
  }

  /** Another node has a newer registrant, or may have one. */
  giveWay(ownToken: OwnToken): void {
    this.standBack(ownToken)
    this.#options.local.stopExpecting(ownToken.token)
  }

  /** Clients were sent to a registrant that is not its newest one any more. */
  giveUp(ownToken: OwnToken): void {
    const { local, publisher } = this.#options
    const untilMs = ownToken.number === undefined ? local.expectedUntilMs(ownToken.token) : undefined
    publisher.left(ownToken)
    if (untilMs === undefined) return this.standBack(ownToken)
    this.#repeating.end(ownToken)
    this.#expecting.set(ownToken, untilMs)
  }

  /** Somebody has a lower claim, and does not know of this one. */
  assert(ownToken: OwnToken): void {
    this.#say(ownToken, ['ask'])
  }

  /** This node has heard what it said at `sentMs`, by the clock. Claims are made again when that was a while after them. */
  confirmed(sentMs: number): void {
    for (const ownToken of this.#repeating.due(sentMs)) this.#say(ownToken, ['ask'])
  }

  /** Says once more what is here: others may have missed it, or have forgotten how many registrants are here. */
  repeat(ownToken: OwnToken): void {
    if (ownToken.number === undefined) this.#options.publisher.count(ownToken)
    else this.#say(ownToken)
  }

  /** Gives up the places of those that are not back in time. To be called again and again. */
  endExpecting(): void {
    const nowMs = this.#options.clock.now()
    for (const [ownToken, untilMs] of this.#expecting) if (nowMs >= untilMs) this.standBack(ownToken)
  }

  /** How many tokens expect their registrant back. */
  get expecting(): number {
    return this.#expecting.size
  }

  /** Clients are not sent here any more. */
  standBack(ownToken: OwnToken): void {
    const { local, ownTokens, others } = this.#options
    this.#repeating.end(ownToken)
    this.#expecting.delete(ownToken)
    if (local.count(ownToken.token) === 0) {
      ownTokens.remove(ownToken)
      others.remove(ownToken)
    } else if (ownToken.subject === 'ask') {
      ownTokens.move(ownToken, 'fallback')
      others.moved(ownToken)
    }
  }

  #say(ownToken: OwnToken, on?: readonly TokenSubject[]): void {
    const { local, publisher } = this.#options
    publisher.claim(ownToken, local.newest(ownToken.token)?.advertised.id, on)
  }
}
