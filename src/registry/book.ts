/** Who is registered under which token, the newest last. */
export class Book<Registrant> {
  readonly #byToken = new Map<string, Registrant[]>()

  add(token: string, registrant: Registrant): void {
    this.#byToken.set(token, [...(this.#byToken.get(token) ?? []), registrant])
  }

  remove(token: string, registrant: Registrant): void {
    const left = (this.#byToken.get(token) ?? []).filter((other) => other !== registrant)
    if (left.length === 0) this.#byToken.delete(token)
    else this.#byToken.set(token, left)
  }

  /** The registrant of a token that came last: an older one may be a zombie whose link is dead. */
  newest(token: string): Registrant | undefined {
    return this.#byToken.get(token)?.at(-1)
  }

  /** How many registrants there are, of all tokens. */
  get size(): number {
    return [...this.#byToken.values()].reduce((sum, list) => sum + list.length, 0)
  }
}
