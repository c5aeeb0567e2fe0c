import { type Advice, isMisleading, isUnpublished } from '../../protocol/advice.ts'
import type { RegistrationState } from '../events.ts'
import type { TokenRecord } from './records.ts'

/** How many tokens are what: counted as they change, so that ten thousand need not be gone through. */
export class TokenCounts {
  readonly #states = new Map<RegistrationState, number>()
  #unpublished = 0
  #unconfirmed = 0
  #accepted = 0
  #refused = 0
  #verified = 0
  #misled = 0
  #useless = 0
  #changes = 0

  /** @param by 1 for a token that is so from now on, -1 for one that was */
  count(token: TokenRecord, by: 1 | -1): void {
    const { state, accepted } = token
    this.#changes += 1
    this.#states.set(state, this.inState(state) + by)
    if (accepted === true) this.#accepted += by
    if (accepted === false) this.#refused += by
    if (state === 'registered') this.#countRegistered(token, by)
  }

  #countRegistered(token: TokenRecord, by: 1 | -1): void {
    const { advice, confirmed, discovery } = token
    if (isWithheld(advice)) this.#unpublished += by
    if (confirmed === false) this.#unconfirmed += by
    if (isMisled(token)) this.#misled += by
    else if (discovery?.verdict === 'verified') this.#verified += by
    if (isUseless(token)) this.#useless += by
  }

  /** Goes up with each change of a token: whoever has seen it sees by it whether there is something new. */
  get changes(): number {
    return this.#changes
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

  /** Registered, and discovery leads to the puppet, as was seen. */
  get verified(): number {
    return this.#verified
  }

  /** Registered, and clients do not get to the puppet, as the registry says or was seen often enough to be told. */
  get misled(): number {
    return this.#misled
  }

  /** Registered, and of no use to clients all the same. */
  get useless(): number {
    return this.#useless
  }
}

/** Whether clients do not get to the puppet, as discovery or the registry says. */
function isMisled({ advice, discovery }: TokenRecord): boolean {
  return (discovery !== null && discovery.code !== null) || advice.some(({ code }) => isMisleading(code))
}

/** Of a registered token: whether clients are misled, or refused by the puppet. */
export function isUseless(token: TokenRecord): boolean {
  return token.accepted === false || isMisled(token)
}

/** Whether the registry says that clients cannot find the token at all. */
function isWithheld(advice: readonly Advice[]): boolean {
  return advice.some(({ code }) => isUnpublished(code))
}
