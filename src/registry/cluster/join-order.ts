import type { ClusterClock } from './cluster-clock.ts'
import { NUMBER_MAX } from './messages.ts'

/** The order in which the registrants of each token have joined the cluster: each has the time of the cluster's clock as its number. */
export class JoinOrder<Entry extends object> {
  readonly #clock: Pick<ClusterClock, 'now' | 'shiftMs'>
  /** Before all shifts. */
  readonly #numbers = new WeakMap<Entry, number>()

  constructor(clock: Pick<ClusterClock, 'now' | 'shiftMs'>) {
    this.#clock = clock
  }

  /** @param above the highest number that is known of the token: its own is above that, unless somebody has sent the greatest one */
  join(entry: Entry, above: number): number {
    const number = Math.min(NUMBER_MAX, Math.max(this.#clock.now, above + 1))
    this.#numbers.set(entry, number - this.#clock.shiftMs)
    return number
  }

  of(entry: Entry): number {
    const number = this.#numbers.get(entry)
    return number === undefined ? this.join(entry, 0) : number + this.#clock.shiftMs
  }
}
