import type { Clock } from '../lib/clock.ts'
import type { Registrant } from './registrant.ts'
import { type TokenTrouble, troubleOf } from './registrant-trouble.ts'
import type { RegistrationTable } from './registration-table.ts'

/** One kind of trouble: since when there is any of it, by the monotonic clock in milliseconds, and which tokens have it, the first one first. */
export interface SpreadTrouble {
  readonly code: TokenTrouble
  readonly sinceMs: number
  readonly tokens: ReadonlySet<string>
}

/**
 * Tokens of which a registrant is in trouble. They are kept up to date as things happen: whoever looks must not go through fifty thousand
 * registrants each time.
 */
export class TroubledTokens {
  readonly #clock: Clock
  readonly #table: RegistrationTable
  readonly #isOpen: (registrant: Registrant) => boolean | undefined
  /** What is wrong with each token that is in trouble. */
  readonly #codes = new Map<string, ReadonlySet<TokenTrouble>>()
  readonly #troubles = new Map<TokenTrouble, SpreadTrouble & { readonly tokens: Set<string> }>()

  /** @param isOpen whether a registrant's port opens; undefined if that is not known */
  constructor(
    clock: Clock,
    table: RegistrationTable,
    isOpen: (registrant: Registrant) => boolean | undefined,
  ) {
    this.#clock = clock
    this.#table = table
    this.#isOpen = isOpen
  }

  /** How many there are. */
  get size(): number {
    return this.#codes.size
  }

  /** Those that have been in trouble longest come first. */
  get tokens(): Iterable<string> {
    return this.#codes.keys()
  }

  get troubles(): Iterable<SpreadTrouble> {
    return this.#troubles.values()
  }

  has(token: string): boolean {
    return this.#codes.has(token)
  }

  /** To be called when a registrant of this token has come or left, is heard or not, or more is known of its port. */
  changed(token: string): void {
    const before = this.#codes.get(token)
    const codes = new Set<TokenTrouble>()
    for (const registrant of this.#table.of(token)) {
      const trouble = troubleOf(registrant, this.#isOpen(registrant))
      if (trouble !== undefined) codes.add(trouble.code)
    }
    if (codes.size > 0) this.#codes.set(token, codes)
    else this.#codes.delete(token)
    for (const code of codes) this.#add(code, token)
    for (const code of before ?? []) if (!codes.has(code)) this.#remove(code, token)
  }

  #add(code: TokenTrouble, token: string): void {
    const known = this.#troubles.get(code)
    if (known !== undefined) known.tokens.add(token)
    else this.#troubles.set(code, { code, sinceMs: this.#clock.now(), tokens: new Set([token]) })
  }

  #remove(code: TokenTrouble, token: string): void {
    const known = this.#troubles.get(code)
    known?.tokens.delete(token)
    if (known?.tokens.size === 0) this.#troubles.delete(code)
  }
}
