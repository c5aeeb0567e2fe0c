import type { Clock } from '../../lib/clock.ts'
import { NUMBER_MAX } from './messages.ts'

/**
 * A clock that all nodes of a cluster share: a Lamport clock in milliseconds. Nobody keeps it. Each node counts on by its own monotonic clock,
 * and goes on from the highest that it hears. So nodes that have heard each other once agree, also while they are parted, and no clock on a
 * wall has to be right.
 */
export class ClusterClock {
  readonly #clock: Pick<Clock, 'now'>
  /** The node from whose start it is counted. */
  #origin: string
  /** How far it is ahead of this node's own clock. */
  #aheadMs = 0
  #shiftMs = 0

  /** @param node this one, from whose start it counts until it hears of another clock that shows more */
  constructor(clock: Pick<Clock, 'now'>, node: string) {
    this.#clock = clock
    this.#origin = node
  }

  get now(): number {
    return Math.min(NUMBER_MAX, this.#nodeMs + this.#aheadMs)
  }

  get origin(): string {
    return this.#origin
  }

  /** By how much all that was read so far is later, now that it is counted from another origin. */
  get shiftMs(): number {
    return this.#shiftMs
  }

  /**
   * Another node says what its clock shows. One that shows less goes with this one.
   *
   * @returns whether this one is counted from another origin now, and what was read before is later
   */
  hear(now: number, origin: string): boolean {
    const isOther = origin !== this.#origin
    if (isOther && now <= this.now) return false
    if (isOther) this.#shiftMs += now - this.now
    this.#origin = origin
    this.#aheadMs = Math.max(this.#aheadMs, now - this.#nodeMs)
    return isOther
  }

  get #nodeMs(): number {
    return Math.floor(this.#clock.now())
  }
}
