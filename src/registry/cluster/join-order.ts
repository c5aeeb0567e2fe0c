import { NUMBER_MAX } from './messages.ts'

/** The order in which registrants have joined the cluster, as far as this node knows: each has a number that was above all others when it joined. */
export class JoinOrder<Entry extends object> {
  readonly #numbers = new WeakMap<Entry, number>()
  #highest = 0

  /** The highest number that is known here. */
  get highest(): number {
    return this.#highest
  }

  /** @param number one that another node knows; default: a second has passed */
  raise(number = this.#highest + 1): void {
    // What is above that is no number to the others: whoever sends the greatest one must not silence all nodes.
    this.#highest = Math.min(NUMBER_MAX, Math.max(this.#highest, number))
  }

  /** Gives it a number above all others, unless somebody has sent the greatest one. */
  join(entry: Entry): number {
    this.raise()
    this.#numbers.set(entry, this.#highest)
    return this.#highest
  }

  of(entry: Entry): number {
    return this.#numbers.get(entry) ?? this.join(entry)
  }
}
