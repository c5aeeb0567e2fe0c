/** Something that holds a place. */
export interface Share {
  /** Whose it is: an address, mostly. */
  readonly key: string
  /** A small whole number: those that are worth less give way first. Changed by `Shares.rate` alone. */
  worth: number
}

/** Shares by their worth, those of one worth the oldest first. */
type ByWorth<Item> = (Set<Item> | undefined)[]

/** The shares of one key. */
interface Holding<Item> {
  count: number
  readonly byWorth: ByWorth<Item>
}

/**
 * Counts what each key has of something that is limited. Where it runs short, the key that has most gives way, with what is worth least. Every
 * step takes the same short time, however many shares there are.
 */
export class Shares<Item extends Share> {
  readonly #holdings = new Map<string, Holding<Item>>()
  readonly #all: ByWorth<Item> = []
  /** The keys that have so many shares. */
  readonly #byCount = new Map<number, Set<string>>()
  #mostCount = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  /** How many shares a key has. */
  of(key: string): number {
    return this.#holdings.get(key)?.count ?? 0
  }

  /** How many keys have shares. */
  get keys(): number {
    return this.#holdings.size
  }

  add(item: Item): void {
    const holding = this.#holdings.get(item.key) ?? { count: 0, byWorth: [] }
    this.#holdings.set(item.key, holding)
    put(holding.byWorth, item)
    put(this.#all, item)
    this.#count(item.key, holding, 1)
  }

  /** What is there no more is not removed again. */
  remove(item: Item): void {
    const holding = this.#holdings.get(item.key)
    if (holding === undefined || !take(holding.byWorth, item)) return
    take(this.#all, item)
    this.#count(item.key, holding, -1)
    if (holding.count === 0) this.#holdings.delete(item.key)
  }

  /** A share is worth so much from now on. It becomes the newest of its worth. */
  rate(item: Item, worth: number): void {
    const holding = this.#holdings.get(item.key)
    const isThere = holding !== undefined && take(holding.byWorth, item)
    if (isThere) take(this.#all, item)
    item.worth = worth
    if (!isThere) return
    put(holding.byWorth, item)
    put(this.#all, item)
  }

  /** The key that has most; `key` if none has more than that. */
  most(key: string): string {
    const [most = key] = this.#byCount.get(this.#mostCount) ?? []
    return this.of(key) >= this.#mostCount ? key : most
  }

  /** What is worth least of a key's shares, the oldest of it. */
  least(key: string): Item | undefined {
    return first(this.#holdings.get(key)?.byWorth ?? [])
  }

  /** What is worth least of all shares, the oldest of it. */
  leastOfAll(): Item | undefined {
    return first(this.#all)
  }

  #count(key: string, holding: Holding<Item>, by: 1 | -1): void {
    const before = this.#byCount.get(holding.count)
    before?.delete(key)
    if (before?.size === 0) this.#byCount.delete(holding.count)
    holding.count += by
    this.#size += by
    if (holding.count > 0) {
      const now = this.#byCount.get(holding.count) ?? new Set()
      this.#byCount.set(holding.count, now.add(key))
    }
    // One step at a time: a key that had most has most still, or one less than before.
    if (holding.count > this.#mostCount || !this.#byCount.has(this.#mostCount)) {
      this.#mostCount = holding.count
    }
  }
}

function first<Item>(byWorth: ByWorth<Item>): Item | undefined {
  for (const items of byWorth) {
    const [oldest] = items ?? []
    if (oldest !== undefined) return oldest
  }
  return undefined
}

function put<Item extends Share>(byWorth: ByWorth<Item>, item: Item): void {
  const items = byWorth[item.worth] ?? new Set()
  byWorth[item.worth] = items.add(item)
}

function take<Item extends Share>(byWorth: ByWorth<Item>, item: Item): boolean {
  return byWorth[item.worth]?.delete(item) ?? false
}
