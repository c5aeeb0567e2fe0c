/**
 * Which tokens outlive their removal for a while: one that was replaced by another is withdrawn only when the other is
 * registered, so that there is no moment without either. Tokens go by their public names here.
 */
export class Rotation {
  /** Each successor with its predecessor, which is still held, and the other way round. */
  readonly #held = new Map<string, string>()
  readonly #successors = new Map<string, string>()

  /**
   * One change of the tokens, in the order in which they stand: the first that goes is replaced by the first that comes,
   * and so on. Returns those that go at once, because nothing replaces them or they have nothing to hand over.
   *
   * @param isRegistered whether the registry holds a token now
   */
  replace(
    removed: readonly string[],
    added: readonly string[],
    isRegistered: (id: string) => boolean,
  ): readonly string[] {
    return removed.flatMap((id, index) => {
      // A successor that goes before it has come passes its predecessor on.
      const passedOn = this.settle(id)
      const predecessor = passedOn ?? id
      const successor = added[index]
      const gone = passedOn === undefined ? [] : [id]
      // A successor that is registered already (a predecessor that is wanted again) is not waited for.
      const handsOver = successor !== undefined && !isRegistered(successor) && isRegistered(predecessor)
      if (!handsOver) return [...gone, predecessor]
      this.#held.set(successor, predecessor)
      this.#successors.set(predecessor, successor)
      return gone
    })
  }

  /** A successor has come, or will not: the predecessor that may go now, if there is one. */
  settle(successor: string): string | undefined {
    const predecessor = this.#held.get(successor)
    this.#held.delete(successor)
    if (predecessor !== undefined) this.#successors.delete(predecessor)
    return predecessor
  }

  /** Whether a predecessor waits for it. */
  isAwaited(successor: string): boolean {
    return this.#held.has(successor)
  }

  /** One is not waited for any longer: the predecessor that may go now, if any is held. */
  settleOne(): string | undefined {
    const [successor] = this.#held.keys()
    return successor === undefined ? undefined : this.settle(successor)
  }

  /** Nothing is to come of successors any more: all predecessors may go. */
  settleAll(): readonly string[] {
    const predecessors = [...this.#held.values()]
    this.#held.clear()
    this.#successors.clear()
    return predecessors
  }

  get size(): number {
    return this.#held.size
  }

  /** Forgets predecessors that are wanted again. */
  keep(isWanted: (id: string) => boolean): void {
    for (const [successor, predecessor] of this.#held) {
      if (isWanted(predecessor)) this.settle(successor)
    }
  }

  /** A predecessor has nothing to hand over any more: true if it was held. */
  drop(predecessor: string): boolean {
    const successor = this.#successors.get(predecessor)
    return successor !== undefined && this.settle(successor) !== undefined
  }
}
