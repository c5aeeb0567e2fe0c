import { Counter } from './counter.ts'

/** How much is allowed in a window of time, which begins with the first use after the one before it has ended. */
export interface RateLimit {
  readonly limit: number
  readonly windowMs: number
}

/** Allows so much in each window of time. Small: thousands of sessions have one each. */
export class RateLimiter {
  readonly #rate: RateLimit
  #windowStartMs = Number.NEGATIVE_INFINITY
  #used = 0

  constructor(rate: RateLimit) {
    this.#rate = rate
  }

  /** Uses one of what is allowed; false if there is nothing left at `nowMs`. */
  take(nowMs: number): boolean {
    if (nowMs - this.#windowStartMs >= this.#rate.windowMs) {
      this.#windowStartMs = Math.floor(nowMs)
      this.#used = 0
    }
    this.#used += 1
    return this.#used <= this.#rate.limit
  }

  /** How long the window that began last still lasts, in milliseconds. */
  leftMs(nowMs: number): number {
    return this.#windowStartMs + this.#rate.windowMs - nowMs
  }

  /** Allows one more in this window. */
  giveBack(): void {
    this.#used -= 1
  }
}

/** Allows so much for each key, in windows that begin and end together for all of them: it holds no key for longer than a window. */
export class KeyedRateLimiter {
  readonly #rate: RateLimit
  readonly #used = new Counter()
  #windowStartMs = Number.NEGATIVE_INFINITY

  constructor(rate: RateLimit) {
    this.#rate = rate
  }

  /** Uses one of what is allowed for `key`; false if there is nothing left at `nowMs`. */
  take(key: string, nowMs: number): boolean {
    if (nowMs - this.#windowStartMs >= this.#rate.windowMs) {
      this.#windowStartMs = nowMs
      this.#used.clear()
    }
    this.#used.add(key)
    return this.#used.of(key) <= this.#rate.limit
  }
}
