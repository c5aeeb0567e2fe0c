import type { Clock } from '../../lib/clock.ts'
import type { OwnToken } from './own-tokens.ts'

/** So long after nodes could not hear each other two of them may hold one token, in milliseconds: 50,000 claims need 5 s. */
const UNSETTLED_MS = 10_000
/** So many claims are made again at one tick: 10,000 a second. */
const REPEATS = 2500

/** What follows when nodes could not hear each other: each says again what it claims, and until all have, nobody trusts its own claims. */
export class Settling {
  readonly #clock: Clock
  readonly #ownTokens: Iterable<OwnToken>
  readonly #repeat: (ownToken: OwnToken) => void
  #untilMs = Number.NEGATIVE_INFINITY
  #left: Iterator<OwnToken> | undefined

  constructor(clock: Clock, ownTokens: Iterable<OwnToken>, repeat: (ownToken: OwnToken) => void) {
    this.#clock = clock
    this.#ownTokens = ownTokens
    this.#repeat = repeat
  }

  get isSettled(): boolean {
    return this.#clock.now() >= this.#untilMs
  }

  /** Others could not hear each other: this node has missed nothing. */
  doubt(): void {
    this.#untilMs = this.#clock.now() + UNSETTLED_MS
  }

  begin(): void {
    this.doubt()
    this.#left = this.#ownTokens[Symbol.iterator]()
  }

  /** To be called four times a second. */
  tick(): void {
    for (let count = 0; this.#left !== undefined && count < REPEATS; count += 1) {
      const { value, done } = this.#left.next()
      if (done === true) this.#left = undefined
      else this.#repeat(value)
    }
  }
}
