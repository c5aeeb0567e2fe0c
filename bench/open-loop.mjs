import { now, sleep } from './time.mjs'

/** A timer for each would be more than most loads themselves. */
const BATCH_MS = 20

/**
 * Begins something at a fixed rate, and as often as is due: however late a timer comes, and whether or not what has begun before has ended.
 * A load that waits for answers slows down with what it measures.
 */
export class OpenLoop {
  #perSecond
  #begin
  #batchMs
  #open = new Set()
  #running
  #over = false
  #begun = 0
  #latestMs = 0

  /** @param {(index: number) => unknown} begin called with 0, 1, 2 …; what it returns is waited for at the end, and must not reject */
  constructor(perSecond, begin, { batchMs = BATCH_MS } = {}) {
    this.#perSecond = perSecond
    this.#begin = begin
    this.#batchMs = batchMs
    this.#running = this.#run()
  }

  /** How many have begun. */
  get begun() {
    return this.#begun
  }

  /** How long after it was due the latest began, in milliseconds. */
  get latestMs() {
    return this.#latestMs
  }

  /** Begins no more; resolves when all have ended. */
  async end() {
    this.#over = true
    await this.#running
    await Promise.all(this.#open)
  }

  async #run() {
    const beganMs = now()
    const dueMs = (index) => beganMs + ((index + 1) * 1000) / this.#perSecond
    while (!this.#over) {
      for (let nowMs = now(); dueMs(this.#begun) <= nowMs && !this.#over; ) {
        this.#latestMs = Math.max(this.#latestMs, nowMs - dueMs(this.#begun))
        const one = Promise.resolve(this.#begin(this.#begun++)).then(() => this.#open.delete(one))
        this.#open.add(one)
      }
      await sleep(this.#batchMs)
    }
  }
}
