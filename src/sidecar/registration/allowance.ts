/**
 * How many events a second are read of one socket; more are dropped unread. A registry asks a few times a second at
 * most, so whatever exceeds this is a flood.
 */
const EVENTS_PER_SECOND = 100

/** Counts the events of the current second. */
export class Allowance {
  #windowStartMs = Number.NEGATIVE_INFINITY
  #left = 0

  /** Whether one more event may be read at `nowMs`. */
  take(nowMs: number): boolean {
    if (nowMs - this.#windowStartMs >= 1000) {
      this.#windowStartMs = nowMs
      this.#left = EVENTS_PER_SECOND
    }
    this.#left -= 1
    return this.#left >= 0
  }

  /** Something was sent: the registry will say "roger" to it, which is not the registry's doing. */
  expectRoger(): void {
    this.#left += 1
  }
}
