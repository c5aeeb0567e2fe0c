import type { Clock } from '../../lib/clock.ts'
import { NUMBER_MAX } from './message-fields.ts'
import type { ClusterTime } from './messages.ts'

/** What it shows at the start of its origin: what was before, for 35 years, has a place too. */
const START_MS = 2 ** 40
/** Whoever shows more is not believed: there have to be numbers left to count on. */
const BELIEVED_MAX = NUMBER_MAX / 2
/** Clocks of two origins that differ by less, in milliseconds, may show the same: the greater origin counts then. */
const SAME_MS = 1000

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
  #aheadMs: number
  #shiftMs = 0

  /** @param node this one, from whose start it counts until it hears of another clock that shows more */
  constructor(clock: Pick<Clock, 'now'>, node: string) {
    this.#clock = clock
    this.#origin = node
    this.#aheadMs = START_MS - this.#nodeMs
  }

  get now(): number {
    return this.#nodeMs + this.#aheadMs
  }

  /** By how much all that was read so far is later (or earlier: negative), now that it is counted from another origin. */
  get shiftMs(): number {
    return this.#shiftMs
  }

  /**
   * Another node says what its clock shows. The one that shows less goes with the other. No claim has to be made again: numbers of another origin
   * are read as ones of this before and after that.
   */
  hear({ time, origin }: ClusterTime): void {
    if (time > BELIEVED_MAX) return
    const aheadMs = time - this.#nodeMs
    if (origin === this.#origin) {
      this.#aheadMs = Math.max(this.#aheadMs, aheadMs)
      return
    }
    const byMs = time - this.now
    // Each may seem to be behind the other, by a message's way.
    if (byMs < -SAME_MS || (byMs <= SAME_MS && origin < this.#origin)) return
    this.#shiftMs += byMs
    this.#origin = origin
    this.#aheadMs = aheadMs
  }

  /** A number that another node has said, as a number of this clock: what is counted from another origin is as long ago, but for the message's way. */
  read(number: number, { time, origin }: ClusterTime): number {
    return origin === this.#origin ? number : number + this.now - time
  }

  /** For a message. */
  get said(): ClusterTime {
    return { time: this.now, origin: this.#origin }
  }

  get #nodeMs(): number {
    return Math.floor(this.#clock.now())
  }
}
