import type { Clock } from '../../lib/clock.ts'
import { NUMBER_MAX } from './messages.ts'

/**
 * The order in which registrants have joined the cluster. Each has a number that was above all others when it joined: the milliseconds of a
 * clock that all nodes share. Nobody keeps it: each node counts on by itself, and goes with the highest that it hears of. So nodes that have
 * heard each other once agree on the order, also while they are parted, and no clock of a machine has to be right.
 */
export class JoinOrder<Entry extends object> {
  readonly #clock: Pick<Clock, 'now'>
  /** Relative to `#shift`. */
  readonly #numbers = new WeakMap<Entry, number>()
  /** How far the cluster's clock is ahead of this node's, in milliseconds. */
  #aheadMs = 0
  #highest = 0
  #shift = 0
  #isAlone = true

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** What the cluster's clock shows, as far as this node knows: no registrant that it knows of has a higher number. */
  get now(): number {
    return Math.min(NUMBER_MAX, Math.max(this.#highest, this.#nodeMs + this.#aheadMs))
  }

  /** @param number that of a registrant of another node */
  raise(number: number): void {
    this.#aheadMs = Math.max(this.#aheadMs, number - this.#nodeMs)
  }

  /**
   * Another node says what its clock shows.
   *
   * @returns by how much the numbers of this node's registrants grow: those that joined before it had heard anybody were counted from its
   * own start
   */
  hear(otherNow: number): number {
    const shift = this.#isAlone ? Math.max(0, otherNow - this.now) : 0
    this.#isAlone = false
    this.#shift += shift
    this.raise(otherNow)
    return shift
  }

  /** Gives it a number above all others, unless somebody has sent the greatest one. */
  join(entry: Entry): number {
    this.#highest = Math.min(NUMBER_MAX, Math.max(this.#highest + 1, this.now))
    this.#numbers.set(entry, this.#highest - this.#shift)
    return this.#highest
  }

  of(entry: Entry): number {
    const number = this.#numbers.get(entry)
    return number === undefined ? this.join(entry) : number + this.#shift
  }

  get #nodeMs(): number {
    return Math.floor(this.#clock.now())
  }
}
