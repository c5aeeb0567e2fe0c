/** Counts by key, without those that are 0. */
export class Counter {
  readonly #counts = new Map<string, number>()

  /** How many keys there are. */
  get size(): number {
    return this.#counts.size
  }

  of(key: string): number {
    return this.#counts.get(key) ?? 0
  }

  add(key: string): void {
    this.#counts.set(key, this.of(key) + 1)
  }

  remove(key: string): void {
    const left = this.of(key) - 1
    if (left > 0) this.#counts.set(key, left)
    else this.#counts.delete(key)
  }

  keys(): readonly string[] {
    return [...this.#counts.keys()]
  }

  clear(): void {
    this.#counts.clear()
  }
}
