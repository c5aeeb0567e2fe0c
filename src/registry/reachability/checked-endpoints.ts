import type { Clock } from '../../lib/clock.ts'
import { addressRange } from '../../net/address-range.ts'
import type { Endpoint } from '../../protocol/discovery.ts'
import type { Registrant } from '../registrant.ts'
import type { PortCheck } from './check-port.ts'

/** How long what was seen holds, in milliseconds. */
export const KEPT_MS = 30_000

/** A port that somebody registered; many tokens may have the same. */
export interface CheckedEndpoint {
  readonly key: string
  /** `host:port`. */
  readonly name: string
  readonly registrants: Set<Registrant>
  /** Whether a look is on its way. */
  looking: boolean
  /** What the last look saw; `open` is undefined if nobody may look there. */
  seen: { readonly open: boolean | undefined; readonly reason: string; readonly atMs: number } | undefined
}

/** A port that was found to open, or not to. */
export interface ReachabilityChange {
  /** `host:port`. */
  readonly place: string
  readonly open: boolean
  /** Why it does not open; empty if it does. */
  readonly reason: string
}

/** Where registrants are, and what was seen there. Tells registrants about their own. */
export class CheckedEndpoints {
  readonly #clock: Clock
  readonly #onChange: (change: ReachabilityChange) => void
  readonly #all = new Map<string, CheckedEndpoint>()
  readonly #placeOf = new Map<Registrant, CheckedEndpoint>()

  constructor(clock: Clock, onChange: (change: ReachabilityChange) => void) {
    this.#clock = clock
    this.#onChange = onChange
  }

  /** Where a registrant is; undefined if it was not asked yet, or did not say. */
  of(registrant: Registrant): CheckedEndpoint | undefined {
    return this.#placeOf.get(registrant)
  }

  /** How many of them do not open. */
  get closed(): number {
    return [...this.#all.values()].filter(({ seen }) => seen?.open === false).length
  }

  /** Whether the last look at a place still holds. */
  isFresh({ seen }: CheckedEndpoint): boolean {
    return seen !== undefined && this.#clock.now() - seen.atMs < KEPT_MS
  }

  /** Puts a registrant where it is, or nowhere; a place without registrants is forgotten. */
  settle(registrant: Registrant, endpoint: Endpoint | undefined): CheckedEndpoint | undefined {
    const name = endpoint && nameOf(endpoint)
    // What one may look at, another may not, nor be told of it.
    const key = name && `${name} ${addressRange(certainAddress(registrant))}`
    const before = this.#placeOf.get(registrant)
    if (before !== undefined && before.key === key) return before
    if (before !== undefined) {
      this.#placeOf.delete(registrant)
      before.registrants.delete(registrant)
      if (before.registrants.size === 0) this.#all.delete(before.key)
    }
    if (name === undefined || key === undefined) return undefined
    const place = this.#all.get(key) ?? {
      key,
      name,
      registrants: new Set(),
      looking: false,
      seen: undefined,
    }
    this.#all.set(key, place)
    place.registrants.add(registrant)
    this.#placeOf.set(registrant, place)
    if (place.seen?.open === false) registrant.advise(wordsFor(place))
    return place
  }

  /** Takes in what a look saw. */
  see(place: CheckedEndpoint, look: PortCheck): void {
    if (this.#all.get(place.key) !== place) return
    const before = place.seen?.open ?? true
    // What could not be looked at is as it was.
    const same = { open: place.seen?.open, reason: place.seen?.reason ?? '' }
    const seen =
      look.kind === 'none'
        ? same
        : { open: look.kind === 'open', reason: look.kind === 'closed' ? look.reason : '' }
    place.seen = { ...seen, atMs: this.#clock.now() }
    if (seen.open === undefined || seen.open === before) return
    this.#onChange({ place: place.name, open: seen.open, reason: seen.reason })
    for (const registrant of place.registrants) registrant.advise(wordsFor(place))
  }
}

/** Where a registrant certainly comes from; empty if that is not certain. */
export function certainAddress({ address, addressUnverified }: Registrant): string {
  return addressUnverified ? '' : address
}

export function nameOf({ host, port }: Endpoint): string {
  return `${host}:${port}`
}

function wordsFor({ name, seen }: CheckedEndpoint): string {
  return seen?.open
    ? `${name} can be opened from the registry`
    : `${name} cannot be opened from the registry: ${seen?.reason}`
}
