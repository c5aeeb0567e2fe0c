import type { Clock } from '../../lib/clock.ts'
import { addressRange } from '../../net/address-range.ts'
import type { Endpoint } from '../../protocol/discovery.ts'
import type { PortCheck } from './check-port.ts'

/** How long the result of a check holds, in milliseconds. */
export const FRESH_MS = 30_000

/** A registrant whose port is checked. */
export interface CheckedRegistrant {
  /** Where it comes from; empty if that is not known. */
  readonly address: string
  /** Whether it may come from elsewhere, through a proxy that is not in the list of trusted ones. */
  readonly addressUnverified: boolean
  /** The host is undefined if no client could use it. */
  readonly advertised: { readonly host: string | undefined }
  /** Whether discovery may find it. */
  readonly findable: boolean
  /** Where its puppet is; undefined if that cannot be had. */
  endpoint(): Promise<Endpoint | undefined>
  /** Tells it something in words. */
  advise(text: string): void
}

/** An endpoint that is registered; many tokens may have the same. */
export interface CheckedEndpoint {
  readonly key: string
  /** `host:port`. */
  readonly name: string
  readonly registrants: Set<CheckedRegistrant>
  /** Whether a check is under way. */
  isChecking: boolean
  /** What the last check found; `open` is undefined if the registry may not connect to it. */
  result: { readonly open: boolean | undefined; readonly reason: string; readonly atMs: number } | undefined
}

/** An endpoint was found to open, or not to. */
export interface ReachabilityChange {
  /** `host:port`. */
  readonly endpoint: string
  readonly open: boolean
  /** Why it does not open; empty if it does. */
  readonly reason: string
}

/** Which registrant is where, and what checks found there. Tells registrants about their own endpoints. */
export class CheckedEndpoints {
  readonly #clock: Clock
  readonly #onChange: (change: ReachabilityChange) => void
  readonly #byKey = new Map<string, CheckedEndpoint>()
  readonly #byRegistrant = new Map<CheckedRegistrant, CheckedEndpoint>()

  constructor(clock: Clock, onChange: (change: ReachabilityChange) => void) {
    this.#clock = clock
    this.#onChange = onChange
  }

  /** Where a registrant is; undefined if it was not asked yet, or did not say. */
  of(registrant: CheckedRegistrant): CheckedEndpoint | undefined {
    return this.#byRegistrant.get(registrant)
  }

  /** How many of them do not open. */
  get closed(): number {
    return [...this.#byKey.values()].filter(({ result }) => result?.open === false).length
  }

  /** Whether the last check of an endpoint still holds. */
  isFresh({ result }: CheckedEndpoint): boolean {
    return result !== undefined && this.#clock.now() - result.atMs < FRESH_MS
  }

  /** Notes where a registrant is; undefined: nowhere. An endpoint without registrants is forgotten. */
  assign(registrant: CheckedRegistrant, endpoint: Endpoint | undefined): CheckedEndpoint | undefined {
    const name = endpoint && nameOf(endpoint)
    // Where the registry may connect to for one, it may not for another, which must not learn the result either.
    const key = name && `${name} ${addressRange(verifiedAddress(registrant))}`
    const before = this.#byRegistrant.get(registrant)
    if (before !== undefined && before.key === key) return before
    if (before !== undefined) {
      this.#byRegistrant.delete(registrant)
      before.registrants.delete(registrant)
      if (before.registrants.size === 0) this.#byKey.delete(before.key)
    }
    if (name === undefined || key === undefined) return undefined
    const checked = this.#byKey.get(key) ?? {
      key,
      name,
      registrants: new Set(),
      isChecking: false,
      result: undefined,
    }
    this.#byKey.set(key, checked)
    checked.registrants.add(registrant)
    this.#byRegistrant.set(registrant, checked)
    if (checked.result?.open === false) registrant.advise(wordsFor(checked))
    return checked
  }

  /** Takes in the result of a check. */
  store(checked: CheckedEndpoint, check: PortCheck): void {
    if (this.#byKey.get(checked.key) !== checked) return
    const before = checked.result?.open ?? true
    // Where nothing could be tried, what was known stays.
    const { open, reason } = check ?? checked.result ?? { open: undefined, reason: '' }
    checked.result = { open, reason, atMs: this.#clock.now() }
    if (open === undefined || open === before) return
    this.#onChange({ endpoint: checked.name, open, reason })
    for (const registrant of checked.registrants) registrant.advise(wordsFor(checked))
  }
}

/** Where a registrant certainly comes from; empty if that is not certain. */
export function verifiedAddress({ address, addressUnverified }: CheckedRegistrant): string {
  return addressUnverified ? '' : address
}

export function nameOf({ host, port }: Endpoint): string {
  return `${host}:${port}`
}

function wordsFor({ name, result }: CheckedEndpoint): string {
  return result?.open
    ? `${name} can be opened from the registry`
    : `${name} cannot be opened from the registry: ${result?.reason}`
}
