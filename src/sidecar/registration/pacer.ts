import type { Cancel, Clock } from '../../lib/clock.ts'
import { RandomQueue, type Waiter } from './random-queue.ts'

/**
 * Timers are coarse: where starts lie closer together than this, those that fell due meanwhile start together, and no
 * more than fit in it. A second holds at most 2 % more than the rate, therefore.
 */
const COARSE_MS = 20

/** One turn of so many is kept for those whose attempts fail, however many others there are. */
const TURNS_BEFORE_RETRIES = 4

/**
 * Starts attempts at a rate, evenly, in random order. One that comes while others wait has its turn after all of them, so
 * that none waits for ever. Attempts after a failure give way to the others: a token whose registration was lost must not
 * wait for thousands that are refused.
 */
export class Pacer {
  readonly #clock: Clock
  readonly #spacingMs: number
  readonly #first = new RandomQueue()
  readonly #retries = new RandomQueue()
  #turns = 0
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
    const leave = (isRetry ? this.#retries : this.#first).put(start)
    this.#startDue()
    return () => {
      leave()
      if (this.#empty) this.#cancelPending()
    }
  }

  /** Lets so many start, from now on; default: all. */
  allow(starts: number): void {
    this.#allowed = starts
    this.#startDue()
  }

  /** No waiting attempt starts any more. */
  stop(): void {
    this.#first.clear()
    this.#retries.clear()
    this.#cancelPending()
  }

  get #empty(): boolean {
    return this.#first.isEmpty && this.#retries.isEmpty
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
      const waiter = this.#draw()
      if (waiter === undefined) return
      this.#allowed -= 1
      this.#freeMs += this.#spacingMs
      waiter.start()
    }
    if (this.#allowed <= 0 || this.#empty) return
    this.#cancelTimer ??= this.#clock.after(this.#freeMs - nowMs, () => {
      this.#cancelTimer = undefined
      this.#startDue()
    })
  }

  #draw(): Waiter | undefined {
    this.#turns = (this.#turns + 1) % TURNS_BEFORE_RETRIES
    const [one, other] = this.#turns === 0 ? [this.#retries, this.#first] : [this.#first, this.#retries]
    const chance = this.#clock.random()
    return one.draw(chance) ?? other.draw(chance)
  }
}
