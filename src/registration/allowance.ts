/**
 * How many events a second are read of one socket; more are dropped unread. A registry asks a few times a second at
 * most, so whatever exceeds this is a flood.
 */
const EVENTS_PER_SECOND = 100

/** Counts the events of the current second. */
export class Allowance {
  #windowStartMs = Number.NEGATIVE_INFINITY
  #used = 0

  /** Whether one more event may be read at `nowMs`. */
  take(nowMs: number): boolean {
    if (nowMs - this.#windowStartMs >= 1000) {
      this.#windowStartMs = nowMs
      this.#used = 0
    }
    this.#used += 1
    return this.#used <= EVENTS_PER_SECOND
  }
}
