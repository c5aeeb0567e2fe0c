import type { Registrant } from './registrant.ts'

/** Who is registered under which token, the newest last. */
export class RegistrationTable<Entry extends Pick<Registrant, 'token' | 'findable'> = Registrant> {
  readonly #byToken = new Map<string, readonly Entry[]>()
  #size = 0

  add(registrant: Entry): void {
    this.#byToken.set(registrant.token, [...this.of(registrant.token), registrant])
    this.#size += 1
  }

  remove(registrant: Entry): void {
    const all = this.of(registrant.token)
    const left = all.filter((other) => other !== registrant)
    if (left.length === 0) this.#byToken.delete(registrant.token)
    else this.#byToken.set(registrant.token, left)
    this.#size -= all.length - left.length
  }

  /** All registrants of a token, the oldest first. */
  of(token: string): readonly Entry[] {
    return this.#byToken.get(token) ?? NOBODY
  }

  /** The findable registrant of a token that came last: an older one may be a zombie whose link is dead. */
  newest(token: string, except?: ReadonlySet<Entry>): Entry | undefined {
    const all = this.of(token)
    for (let index = all.length - 1; index >= 0; index -= 1) {
      const registrant = all[index]
      if (registrant?.findable && !except?.has(registrant)) return registrant
    }
    return undefined
  }

  /** Tokens that have a registrant, the one that got its first one longest ago first. */
  keys(): IterableIterator<string> {
    return this.#byToken.keys()
  }

  /** The registrants of all tokens. */
  get all(): readonly Entry[] {
    return [...this.#byToken.values()].flat()
  }

  /** How many registrants there are, of all tokens. */
  get size(): number {
    return this.#size
  }

  /** How many tokens have a registrant. */
  get tokens(): number {
    return this.#byToken.size
  }
}

const NOBODY: readonly never[] = []
