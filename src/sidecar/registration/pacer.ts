import type { Cancel, Clock } from '../../lib/clock.ts'
import { ConnectOrder } from './connect-order.ts'

/**
 * Timers are coarse: where starts lie closer together than this, those that fell due meanwhile start together, and no
 * more than fit in it. A second holds at most 2 % more than the rate, therefore.
 */
const COARSE_MS = 20

/** Starts waiting attempts at a rate, evenly. */
export class Pacer {
  readonly #clock: Clock
  readonly #spacingMs: number
  readonly #order = new ConnectOrder()
  #allowed = Number.POSITIVE_INFINITY
  /** When the next start may be. */
  #freeMs = Number.NEGATIVE_INFINITY
  #cancelTimer: Cancel | undefined

  /** @param perSecond starts a second, all together */
  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock
    this.#spacingMs = 1000 / perSecond
  }

  /**
   * Asks for a turn: `start` is called once, perhaps at once.
   *
   * @param isRetry whether the attempt before it failed
   */
  queue(start: () => void, isRetry = false): Cancel {
    const leave = this.#order.put(start, isRetry)
    this.#startDue()
    return () => {
      leave()
      if (this.#order.isEmpty) this.#cancelPending()
    }
  }

  /** Lets so many start, from now on; default: all. */
  allow(starts: number): void {
    this.#allowed = starts
    this.#startDue()
  }

  /** No waiting attempt starts any more. */
  stop(): void {
    this.#order.clear()
    this.#cancelPending()
  }

  #cancelPending(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  #startDue(): void {
    // Somebody who starts may ask for another turn, or change what is allowed: this loop sees it.
    if (this.#cancelTimer !== undefined && this.#freeMs > this.#clock.now()) return
    this.#cancelPending()
    const nowMs = this.#clock.now()
    const earliestMs = this.#spacingMs < COARSE_MS ? nowMs - COARSE_MS : nowMs
    this.#freeMs = Math.max(this.#freeMs, earliestMs)
    while (this.#allowed > 0 && this.#freeMs <= nowMs) {
      const waiter = this.#order.draw(this.#clock.random())
      if (waiter === undefined) return
      this.#allowed -= 1
      this.#freeMs += this.#spacingMs
      waiter.start()
    }
    if (this.#allowed <= 0 || this.#order.isEmpty) return
    this.#cancelTimer ??= this.#clock.after(this.#freeMs - nowMs, () => {
      this.#cancelTimer = undefined
      this.#startDue()
    })
  }
}
