/** Attempts are counted by so many milliseconds. */
export const BUCKET_MS = 10

/** How many attempts there were, and when. Times are in milliseconds, and whole buckets. */
export class Attempts {
  readonly #buckets: number[] = []

  count(atMs: number): void {
    const bucket = Math.floor(atMs / BUCKET_MS)
    while (this.#buckets.length <= bucket) this.#buckets.push(0)
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
  }

  /** How many from one time to another. */
  between(fromMs: number, toMs: number): number {
    return this.#buckets
      .slice(fromMs / BUCKET_MS, toMs / BUCKET_MS)
      .reduce((total, attempts) => total + attempts, 0)
  }

  /** The most in any window of `windowMs`, wherever it begins from one time to another. */
  peak(windowMs: number, fromMs: number, toMs: number): number {
    const width = windowMs / BUCKET_MS
    let sum = 0
    let most = 0
    for (let bucket = fromMs / BUCKET_MS; bucket < toMs / BUCKET_MS; bucket += 1) {
      sum += this.#buckets[bucket] ?? 0
      if (bucket - width >= fromMs / BUCKET_MS) sum -= this.#buckets[bucket - width] ?? 0
      most = Math.max(most, sum)
    }
    return most
  }
}

/** How many attempts one process started in the second that was its worst. */
export class WorstSecond {
  readonly #times: number[] = []
  #first = 0
  most = 0

  count(atMs: number): void {
    this.#times.push(atMs)
    while ((this.#times[this.#first] ?? atMs) <= atMs - 1000) this.#first += 1
    this.most = Math.max(this.most, this.#times.length - this.#first)
  }
}
