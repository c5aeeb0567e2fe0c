import type { Cancel, Clock } from '../lib/clock.ts'
import { publicName } from '../ops/redactor.ts'
import type { AdviceCode } from '../protocol/advice.ts'
import type { Sharing } from './directory.ts'
import type { RegistryEvent } from './events.ts'
import type { Registrant } from './registrant.ts'
import type { RegistrationTable } from './registration-table.ts'

/**
 * What changes within this time is told together, in milliseconds: a registrant whose link is made anew overlaps with itself for a moment.
 * A page shows what it hears within a second, and an operator is to read each fact there within 1.5 s.
 */
const GATHER_MS = 250

type Standing = Extract<AdviceCode, 'TOKEN_SHARED' | 'TOKEN_SUPERSEDED' | 'TOKEN_ALONE'>

const WORDS: Readonly<Record<Standing, string>> = {
  TOKEN_SHARED:
    'other registrants have this token too; clients are sent to this one, the newest that answers',
  TOKEN_SUPERSEDED:
    'another registrant has this token too; clients are sent to that one, the newest that answers',
  TOKEN_ALONE: 'no other registrant has this token any more',
}

/** Tells registrants of one token about each other: only the newest is asked, and each would believe that it is. */
export class TokenSharing {
  readonly #clock: Clock
  readonly #table: RegistrationTable
  readonly #emit: (event: RegistryEvent) => void
  readonly #ofCluster: (token: string) => Sharing | undefined
  /** Tokens whose registrants have changed. */
  readonly #changed = new Set<string>()
  /** What registrants were told last; not those who are alone and always were. */
  readonly #standings = new WeakMap<Registrant, Standing>()
  /** Tokens that several have, and since when. */
  readonly #sharedSinceMs = new Map<string, number>()
  #cancelTimer: Cancel | undefined

  /** @param ofCluster what other registries of the cluster have of a token; undefined if nothing is known */
  constructor(
    clock: Clock,
    table: RegistrationTable,
    emit: (event: RegistryEvent) => void,
    ofCluster: (token: string) => Sharing | undefined = () => undefined,
  ) {
    this.#ofCluster = ofCluster
    this.#clock = clock
    this.#table = table
    this.#emit = emit
  }

  /** How many tokens have several registrants. */
  get size(): number {
    return this.#sharedSinceMs.size
  }

  /** Those that have several registrants; the one that has had them longest comes first. */
  get tokens(): Iterable<string> {
    return this.#sharedSinceMs.keys()
  }

  /** When the second registrant of a token came, by the clock, in milliseconds; undefined if there is none. */
  sinceMs(token: string): number | undefined {
    return this.#sharedSinceMs.get(token)
  }

  /** How many registrants of a token other registries of the cluster have. */
  elsewhere(token: string): number {
    return this.#ofCluster(token)?.elsewhere ?? 0
  }

  /** Somebody has come or left, or answers or not, and others of the token are there: all are told soon. One timer for all tokens. */
  changed(token: string): void {
    this.#changed.add(token)
    this.#cancelTimer ??= this.#clock.after(GATHER_MS, () => this.#settle())
  }

  stop(): void {
    this.#cancelTimer?.()
    this.#changed.clear()
  }

  #settle(): void {
    this.#cancelTimer = undefined
    const tokens = [...this.#changed]
    this.#changed.clear()
    for (const token of tokens) {
      const published = this.#table.of(token).filter(({ isPublished }) => isPublished)
      const { elsewhere, isHere } = this.#ofCluster(token) ?? { elsewhere: 0, isHere: true }
      const count = published.length === 0 ? 0 : published.length + elsewhere
      this.#report(token, published, count)
      this.#tell(published, count, isHere)
    }
  }

  /** To the operator: that several have it, again when another one comes, and when that is over. */
  #report(token: string, published: readonly Registrant[], count: number): void {
    const sinceMs = this.#sharedSinceMs.get(token)
    const [, second] = published
    const id = publicName(token)
    if (count < 2) {
      if (sinceMs === undefined) return
      this.#sharedSinceMs.delete(token)
      this.#emit({ type: 'alone', id, lastedMs: this.#clock.now() - sinceMs })
    } else {
      if (sinceMs === undefined) {
        this.#sharedSinceMs.set(token, second?.joinedMs ?? this.#clock.now())
      }
      if (published.every((registrant) => this.#standings.has(registrant))) return
      this.#emit({ type: 'shared', id, addresses: published.toReversed().map(({ address }) => address) })
    }
  }

  /** One that does not answer is not asked, though it is the newest. */
  #tell(published: readonly Registrant[], count: number, isHere: boolean): void {
    const newest = published.findLast(({ findable }) => findable) ?? published.at(-1)
    const asked = isHere ? newest : undefined
    for (const registrant of published) {
      const standing = standingOf(registrant === asked, count)
      const before = this.#standings.get(registrant) ?? 'TOKEN_ALONE'
      if (standing === before) continue
      this.#standings.set(registrant, standing)
      registrant.advise({ code: standing, text: WORDS[standing] })
    }
  }
}

function standingOf(isAsked: boolean, count: number): Standing {
  if (count === 1) return 'TOKEN_ALONE'
  return isAsked ? 'TOKEN_SHARED' : 'TOKEN_SUPERSEDED'
}
