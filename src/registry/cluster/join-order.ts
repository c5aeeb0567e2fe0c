import type { ClusterClock } from './cluster-clock.ts'

/** The order in which the registrants of each token have joined the cluster: each has the time of the cluster's clock as its number. */
export class JoinOrder<Entry extends object> {
  readonly #clock: Pick<ClusterClock, 'now' | 'shiftMs'>
  /** Before all shifts. */
  readonly #numbers = new WeakMap<Entry, number>()

  constructor(clock: Pick<ClusterClock, 'now' | 'shiftMs'>) {
    this.#clock = clock
  }

  /** @param above the number of the registrant before it, at the same node */
  join(entry: Entry, above = 0): number {
    const number = Math.max(this.#clock.now, above + 1)
    this.#numbers.set(entry, number - this.#clock.shiftMs)
    return number
  }

  of(entry: Entry): number {
    const number = this.#numbers.get(entry)
    return number === undefined ? this.join(entry) : number + this.#clock.shiftMs
  }
}
