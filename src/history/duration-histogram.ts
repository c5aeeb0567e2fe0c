/** Each bucket ends a tenth above where it begins: the median is known to within 5 %. */
const RATIO = 1.1
/** From a hundredth of a millisecond to over four minutes: no probe, ping or question takes longer. */
const FIRST_MS = 0.01
const BUCKETS = 180

/** The durations of one minute: however many there are, they take the same room. */
export class DurationHistogram {
  readonly #counts = new Uint32Array(BUCKETS)
  #total = 0
  #maxMs = 0

  add(ms: number): void {
    if (!(ms >= 0)) return
    const bucket = Math.ceil(Math.log(ms / FIRST_MS) / Math.log(RATIO))
    const index = Math.min(Math.max(bucket, 0), BUCKETS - 1)
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
    this.#total += 1
    this.#maxMs = Math.max(this.#maxMs, ms)
  }

  /** NaN if there were none. */
  get medianMs(): number {
    if (this.#total === 0) return Number.NaN
    let seen = 0
    const index = this.#counts.findIndex((count) => {
      seen += count
      return seen * 2 >= this.#total
    })
    return Math.min(FIRST_MS * RATIO ** (index - 0.5), this.#maxMs)
  }

  /** NaN if there were none. */
  get maxMs(): number {
    return this.#total === 0 ? Number.NaN : this.#maxMs
  }

  clear(): void {
    this.#counts.fill(0)
    this.#total = 0
    this.#maxMs = 0
  }
}
