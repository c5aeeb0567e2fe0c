import { type Advice, isMisleading, isUnpublished } from '../../protocol/advice.ts'
import type { RegistrationState } from '../events.ts'
import type { DiscoveryRecord, TokenRecord } from './records.ts'

/** How many tokens are what: counted as they change, so that ten thousand need not be gone through. */
export class TokenCounts {
  readonly #states = new Map<RegistrationState, number>()
  #unpublished = 0
  #unconfirmed = 0
  #accepted = 0
  #refused = 0
  #verified = 0
  #misled = 0

  /** @param by 1 for a token that is so from now on, -1 for one that was */
  count({ state, accepted, advice, confirmed, discovery }: TokenRecord, by: 1 | -1): void {
    this.#states.set(state, this.inState(state) + by)
    if (isWithheld(advice)) this.#unpublished += by
    if (state === 'registered' && confirmed === false) this.#unconfirmed += by
    if (accepted === true) this.#accepted += by
    if (accepted === false) this.#refused += by
    if (isMisled(advice, discovery)) this.#misled += by
    else if (discovery?.verdict === 'verified') this.#verified += by
  }

  inState(state: RegistrationState): number {
    return this.#states.get(state) ?? 0
  }

  /** Registered, but not published, as the registry says. */
  get unpublished(): number {
    return this.#unpublished
  }

  /** Registered, and the registry did not acknowledge it. */
  get unconfirmed(): number {
    return this.#unconfirmed
  }

  /** The puppet accepts it. */
  get accepted(): number {
    return this.#accepted
  }

  /** The puppet refuses it. */
  get refused(): number {
    return this.#refused
  }

  /** Discovery leads to the puppet, as was seen. */
  get verified(): number {
    return this.#verified
  }

  /** Discovery leads nowhere or elsewhere, as was seen often enough to be told. */
  get misled(): number {
    return this.#misled
  }
}

/** Whether clients do not get to the puppet, as discovery or the registry says. */
function isMisled(advice: readonly Advice[], discovery: DiscoveryRecord | null): boolean {
  return (discovery !== null && discovery.code !== null) || advice.some(({ code }) => isMisleading(code))
}

/** Whether the registry says that clients cannot find the token at all. */
function isWithheld(advice: readonly Advice[]): boolean {
  return advice.some(({ code }) => isUnpublished(code))
}
