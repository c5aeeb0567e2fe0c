import type { Cancel } from '../../lib/clock.ts'

/** One that waits for its turn, and where. */
interface Waiter {
  readonly start: () => void
  /** The list it stands in; undefined once it has had its turn or has left. */
  list: Waiter[] | undefined
  index: number
}

/** One turn of so many is kept for attempts after a failure, however many others there are. */
const TURNS_BEFORE_RETRIES = 4

/**
 * Which waiting attempt starts first: a random one. One that comes while others wait has its turn after all of them, so that none waits for
 * ever. Attempts after a failure give way to the others: a token whose registration was lost must not wait for thousands that are
 * refused.
 */
export class ConnectOrder {
  readonly #first = new RandomQueue()
  readonly #retries = new RandomQueue()
  #turns = 0

  get isEmpty(): boolean {
    return this.#first.isEmpty && this.#retries.isEmpty
  }

  /** Lets one in; it may leave. */
  put(start: () => void, isRetry: boolean): Cancel {
    return (isRetry ? this.#retries : this.#first).put(start)
  }

  /**
   * Takes the one out whose turn it is; undefined if none waits.
   *
   * @param chance a random number in [0, 1)
   */
  draw(chance: number): Waiter | undefined {
    this.#turns = (this.#turns + 1) % TURNS_BEFORE_RETRIES
    const [one, other] = this.#turns === 0 ? [this.#retries, this.#first] : [this.#first, this.#retries]
    return one.draw(chance) ?? other.draw(chance)
  }

  clear(): void {
    this.#first.clear()
    this.#retries.clear()
  }
}

/** A queue in rounds: each round in random order, and whoever comes during one belongs to the next. */
class RandomQueue {
  #round: Waiter[] = []
  #next: Waiter[] = []

  get isEmpty(): boolean {
    return this.#round.length + this.#next.length === 0
  }

  put(start: () => void): Cancel {
    const waiter: Waiter = { start, list: this.#next, index: this.#next.length }
    this.#next.push(waiter)
    return () => take(waiter)
  }

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
