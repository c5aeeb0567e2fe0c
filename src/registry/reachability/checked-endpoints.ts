import type { Clock } from '../../lib/clock.ts'
import { hostPort } from '../../net/host-port.ts'
import type { Advice } from '../../protocol/advice.ts'
import type { Endpoint } from '../../protocol/discovery.ts'
import type { PortCheck } from './check-port.ts'

/** How long the result of a check holds, in milliseconds. */
export const FRESH_MS = 30_000

/** A registrant whose port is checked. */
export interface CheckedRegistrant {
  /** Where it comes from; empty if that is not known. */
  readonly address: string
  /** The host is undefined if no client could use it. */
  readonly advertised: { readonly host: string | undefined }
  /** Whether discovery may find it. */
  readonly findable: boolean
  /** Where its puppet is; undefined if that cannot be had. */
  endpoint(): Promise<Endpoint | undefined>
  advise(advice: Advice): void
  /** Another thing is known of its port from now on. */
  portChanged(): void
}

/** An endpoint that is registered; many tokens may have the same. */
export interface CheckedEndpoint {
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
  readonly #byName = new Map<string, CheckedEndpoint>()
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
    return [...this.#byName.values()].filter(({ result }) => result?.open === false).length
  }

  /** Whether the last check of an endpoint still holds. */
  isFresh({ result }: CheckedEndpoint): boolean {
    return result !== undefined && this.#clock.now() - result.atMs < FRESH_MS
  }

  /** Notes where a registrant is; undefined: nowhere. An endpoint without registrants is forgotten. */
  assign(registrant: CheckedRegistrant, endpoint: Endpoint | undefined): CheckedEndpoint | undefined {
    const name = endpoint && hostPort(endpoint)
    const before = this.#byRegistrant.get(registrant)
    if (before !== undefined && before.name === name) return before
    if (before !== undefined) {
      this.#byRegistrant.delete(registrant)
      before.registrants.delete(registrant)
      if (before.registrants.size === 0) this.#byName.delete(before.name)
      if (before.result?.open === false) registrant.portChanged()
    }
    if (name === undefined) return undefined
    const checked = this.#byName.get(name) ?? {
      name,
      registrants: new Set(),
      isChecking: false,
      result: undefined,
    }
    this.#byName.set(name, checked)
    checked.registrants.add(registrant)
    this.#byRegistrant.set(registrant, checked)
    if (checked.result?.open === false) tell(registrant, checked)
    return checked
  }

  /** Takes in the result of a check. */
  store(checked: CheckedEndpoint, check: PortCheck): void {
    if (this.#byName.get(checked.name) !== checked) return
    const before = checked.result?.open ?? true
    // Where nothing could be tried, what was known stays.
    const { open, reason } = check ?? checked.result ?? { open: undefined, reason: '' }
    checked.result = { open, reason, atMs: this.#clock.now() }
    if (open === undefined || open === before) return
    for (const registrant of checked.registrants) tell(registrant, checked)
    this.#onChange({ endpoint: checked.name, open, reason })
  }
}

function tell(registrant: CheckedRegistrant, checked: CheckedEndpoint): void {
  registrant.portChanged()
  registrant.advise(adviceFor(checked))
}

function adviceFor({ name, result }: CheckedEndpoint): Advice {
  return result?.open
    ? { code: 'PORT_OPEN', text: `${name} can be opened from the registry` }
    : { code: 'PORT_CLOSED', text: `${name} cannot be opened from the registry: ${result?.reason}` }
}
