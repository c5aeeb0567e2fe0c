import type { Clock } from '../clock.ts'
import type { Fact, HealthStatus, PuppetHealth, RegistrationState } from '../events.ts'

/** What is known of one registration. */
export interface TokenRecord {
  /** The token's public name. */
  readonly id: string
  readonly state: RegistrationState
  /** When it got into this state. */
  readonly since: Date
  readonly reason: string
  readonly attempts: number
  /** When the next attempt is due, in milliseconds of the monotonic clock; null if none is. */
  readonly retryAtMs: number | null
  readonly confirmed: boolean | null
  /** Whether the puppet accepts this token; null while that is not known. */
  readonly accepted: boolean | null
}

/** What is known of the puppet. */
export interface PuppetRecord {
  readonly state: PuppetHealth
  readonly since: Date
  readonly reason: string
  readonly tls: boolean | null
  readonly health: HealthStatus | null
}

/**
 * Folds the facts into what is true now. No I/O and no decisions: readiness, `/status` and the journal are functions of
 * what stands here.
 */
export class Board {
  readonly #clock: Clock
  readonly #tokens = new Map<string, TokenRecord>()
  #puppet: PuppetRecord
  #draining = false

  /** @param ids the public names of the tokens */
  constructor(ids: readonly string[], clock: Clock) {
    this.#clock = clock
    const since = clock.date()
    this.#puppet = {
      state: 'unknown',
      since,
      reason: 'not probed yet',
      tls: null,
      health: null,
    }
    for (const id of ids) {
      this.#tokens.set(id, {
        id,
        state: 'idle',
        since,
        reason: '',
        attempts: 0,
        retryAtMs: null,
        confirmed: null,
        accepted: null,
      })
    }
  }

  get puppet(): PuppetRecord {
    return this.#puppet
  }

  get draining(): boolean {
    return this.#draining
  }

  get tokens(): Iterable<TokenRecord> {
    return this.#tokens.values()
  }

  /** What is known of one token before the fact that is about to be applied, for whoever compares. */
  token(id: string): TokenRecord | undefined {
    return this.#tokens.get(id)
  }

  apply(fact: Fact): void {
    switch (fact.type) {
      case 'draining':
        this.#draining = true
        return
      case 'probed':
        this.#puppet = fact.result.ok
          ? { ...this.#puppet, tls: fact.result.tls, health: fact.result.health }
          : { ...this.#puppet, health: null }
        return
      case 'puppet':
        this.#applyPuppet(fact)
        return
      case 'tokenChecked':
        this.#update(fact.id, { accepted: fact.accepted })
        return
      case 'registration':
        this.#applyRegistration(fact)
    }
  }

  #applyPuppet({ health, reason }: Fact & { type: 'puppet' }): void {
    const since = health === this.#puppet.state ? this.#puppet.since : this.#clock.date()
    this.#puppet = { ...this.#puppet, state: health, since, reason }
  }

  #applyRegistration({
    id,
    state,
    reason,
    attempts,
    retryInMs,
    confirmed,
  }: Fact & { type: 'registration' }): void {
    const before = this.#tokens.get(id)
    const since = before?.state === state ? before.since : this.#clock.date()
    const retryAtMs = retryInMs === null ? null : this.#clock.now() + retryInMs
    this.#update(id, { state, since, reason, attempts, retryAtMs, confirmed })
  }

  #update(id: string, change: Partial<TokenRecord>): void {
    const record = this.#tokens.get(id)
    if (record !== undefined) this.#tokens.set(id, { ...record, ...change })
  }
}
