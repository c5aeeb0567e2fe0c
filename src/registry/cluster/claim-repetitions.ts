import type { Holding } from './holdings.ts'

/**
 * A claim is made again when its node has heard itself so long after it, in milliseconds: interest in a subject needs up to some milliseconds
 * to be known at all servers of the engine, and a link that is cut for a moment may lose one of them.
 */
const REPEAT_AFTER_MS = [500, 1500]

/** Claims that are to be made again. */
export class ClaimRepetitions {
  /** How often each was. */
  readonly #repeated = new Map<Holding, number>()

  begin(holding: Holding): void {
    this.#repeated.set(holding, 0)
  }

  end(holding: Holding): void {
    this.#repeated.delete(holding)
  }

  /** @param sentMs when this node said what it has heard now, by the clock */
  due(sentMs: number): readonly Holding[] {
    const due: Holding[] = []
    for (const [holding, repeated] of this.#repeated) {
      const afterMs = REPEAT_AFTER_MS[repeated] ?? 0
      if (sentMs - holding.claimedMs < afterMs) continue
      due.push(holding)
      if (repeated + 1 < REPEAT_AFTER_MS.length) this.#repeated.set(holding, repeated + 1)
      else this.#repeated.delete(holding)
    }
    return due
  }
}
