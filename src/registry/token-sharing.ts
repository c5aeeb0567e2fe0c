import type { Cancel, Clock } from '../lib/clock.ts'
import type { AdviceCode } from '../protocol/advice.ts'
import type { Registrant } from './registrant.ts'
import type { RegistrationTable } from './registration-table.ts'

/** A change counts when it has lasted for so long, in milliseconds: a registrant that is restarted overlaps with itself for a moment. */
const SETTLED_MS = 1000

type Standing = Extract<AdviceCode, 'TOKEN_SHARED' | 'TOKEN_SUPERSEDED' | 'TOKEN_ALONE'>

const WORDS: Readonly<Record<Standing, string>> = {
  TOKEN_SHARED: 'other registrants have this token too; clients are sent to this one, the newest',
  TOKEN_SUPERSEDED: 'another registrant has registered this token later; clients are sent to that one',
  TOKEN_ALONE: 'no other registrant has this token any more',
}

/** Tells registrants of one token about each other: only the newest is asked, and each would believe that it is. */
export class TokenSharing {
  readonly #clock: Clock
  readonly #table: RegistrationTable
  readonly #onShared: (token: string, addresses: readonly string[]) => void
  /** Tokens whose registrants have changed. */
  readonly #changed = new Set<string>()
  /** What registrants were told last; not those who are alone and always were. */
  readonly #standings = new WeakMap<Registrant, Standing>()
  #cancelTimer: Cancel | undefined

  /** @param onShared hears of a token that several have, and where they come from, the newest first */
  constructor(
    clock: Clock,
    table: RegistrationTable,
    onShared: (token: string, addresses: readonly string[]) => void,
  ) {
    this.#clock = clock
    this.#table = table
    this.#onShared = onShared
  }

  /** Somebody has come or left, and others of the token are there. One timer for all tokens. */
  changed(token: string): void {
    this.#changed.add(token)
    this.#cancelTimer ??= this.#clock.after(SETTLED_MS, () => this.#tell())
  }

  stop(): void {
    this.#cancelTimer?.()
    this.#changed.clear()
  }

  #tell(): void {
    this.#cancelTimer = undefined
    const tokens = [...this.#changed]
    this.#changed.clear()
    for (const token of tokens) this.#tellOf(token)
  }

  #tellOf(token: string): void {
    const published = this.#table.of(token).filter(({ advertised }) => advertised.host !== undefined)
    const newest = published.at(-1)
    for (const registrant of published) {
      const standing = standingOf(registrant === newest, published.length)
      const before = this.#standings.get(registrant) ?? 'TOKEN_ALONE'
      if (standing === before) continue
      this.#standings.set(registrant, standing)
      registrant.advise({ code: standing, text: WORDS[standing] })
      if (standing === 'TOKEN_SHARED') {
        this.#onShared(
          token,
          published.toReversed().map(({ address }) => address),
        )
      }
    }
  }
}

function standingOf(isNewest: boolean, count: number): Standing {
  if (count === 1) return 'TOKEN_ALONE'
  return isNewest ? 'TOKEN_SHARED' : 'TOKEN_SUPERSEDED'
}
