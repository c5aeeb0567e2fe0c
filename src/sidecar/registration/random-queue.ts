import type { Cancel } from '../../lib/clock.ts'

/** One that waits for its turn, and where. */
export interface Waiter {
  readonly start: () => void
  /** The list it stands in; undefined once it has had its turn or has left. */
  list: Waiter[] | undefined
  index: number
}

/** A queue in rounds: each round in random order, and whoever comes during one belongs to the next. */
export class RandomQueue {
  #round: Waiter[] = []
  #next: Waiter[] = []

  get isEmpty(): boolean {
    return this.#round.length + this.#next.length === 0
  }

  /** Lets one in; it may leave. */
  put(start: () => void): Cancel {
    const waiter: Waiter = { start, list: this.#next, index: this.#next.length }
    this.#next.push(waiter)
    return () => take(waiter)
  }

  /**
   * Takes one out whose turn it is; undefined if nobody waits.
   *
   * @param chance a random number in [0, 1)
   */
  draw(chance: number): Waiter | undefined {
    if (this.#round.length === 0) {
      this.#round = this.#next
      this.#next = []
    }
    const waiter = this.#round[Math.floor(chance * this.#round.length)]
    if (waiter !== undefined) take(waiter)
    return waiter
  }

  clear(): void {
    this.#round = []
    this.#next = []
  }
}

/** Takes a waiter out of its list; the last one gets its place. */
function take(waiter: Waiter): void {
  const { list, index } = waiter
  const last = list?.pop()
  waiter.list = undefined
  if (list === undefined || last === undefined || last === waiter) return
  list[index] = last
  last.index = index
}
