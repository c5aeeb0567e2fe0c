import type { OwnToken } from './own-tokens.ts'

/**
 * A claim is made again when its node has heard itself so long after it, in milliseconds: interest in a subject needs up to some milliseconds
 * to be known at all servers of the engine, and a link that is cut for a moment may lose one of them.
 */
const REPEAT_AFTER_MS = [500, 1500]

/** Claims that are to be made again. */
export class ClaimRepetitions {
  /** How often each was. */
  readonly #repeated = new Map<OwnToken, number>()

  begin(ownToken: OwnToken): void {
    this.#repeated.set(ownToken, 0)
  }

  end(ownToken: OwnToken): void {
    this.#repeated.delete(ownToken)
  }

  /** @param sentMs when this node said what it has heard now, by the clock */
  due(sentMs: number): readonly OwnToken[] {
    const due: OwnToken[] = []
    for (const [ownToken, repeated] of this.#repeated) {
      const afterMs = REPEAT_AFTER_MS[repeated] ?? 0
      if (sentMs - ownToken.claimedMs < afterMs) continue
      due.push(ownToken)
      if (repeated + 1 < REPEAT_AFTER_MS.length) this.#repeated.set(ownToken, repeated + 1)
      else this.#repeated.delete(ownToken)
    }
    return due
  }
}
