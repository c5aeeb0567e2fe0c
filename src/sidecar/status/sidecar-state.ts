import type { Clock } from '../../lib/clock.ts'
import type { HealthStatus, PuppetHealth, RegistrationState, SidecarEvent } from '../events.ts'

/** What is known of one registration. */
export interface TokenRecord {
  /** The token's public name. */
  readonly id: string
  readonly state: RegistrationState
  /** When it got into this state, in milliseconds since the epoch. */
  readonly sinceMs: number
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

/** Whether attempts get as far as the registry, and if not, why. */
export interface RegistryRecord {
  readonly reachable: boolean
  readonly since: Date
  readonly reason: string
  /** Failures in a row. */
  readonly attempts: number
  /** When the next attempt is due, in milliseconds of the monotonic clock; null while it can be reached. */
  readonly retryAtMs: number | null
}

/** Who is at the gateway's door. */
export interface GatewayRecord {
  /** By the public name of their token. */
  readonly present: ReadonlyMap<string, Visits>
}

/** Those with one token. */
export interface Visits {
  readonly connections: number
  /** What they said last of their puppet's port; undefined: nothing yet, or nothing usable. */
  readonly port: number | undefined
}

/** What is known of where the tokens come from. */
export interface SourceRecord {
  /** Why the tokens stay as they were; empty if what was read last is in force. */
  readonly problems: readonly string[]
  readonly since: Date
}

/**
 * Folds the events into what is true now. No I/O and no decisions: readiness, `/status` and the event log are functions of
 * what stands here. States are counted as they change, so that nobody has to count ten thousand tokens.
 */
export class SidecarState {
  readonly #clock: Clock
  readonly #tokens = new Map<string, TokenRecord>()
  readonly #counts = new Map<RegistrationState, number>()
  readonly #acceptance = { accepted: 0, refused: 0 }
  #puppet: PuppetRecord
  #registry: RegistryRecord
  #source: SourceRecord
  #gateway: GatewayRecord = { present: new Map() }
  #draining = false

  constructor(clock: Clock) {
    this.#clock = clock
    const since = clock.date()
    this.#puppet = {
      state: 'unknown',
      since,
      reason: 'not probed yet',
      tls: null,
      health: null,
    }
    this.#registry = { reachable: true, since, reason: '', attempts: 0, retryAtMs: null }
    this.#source = { problems: [], since }
  }

  get puppet(): PuppetRecord {
    return this.#puppet
  }

  get registry(): RegistryRecord {
    return this.#registry
  }

  get source(): SourceRecord {
    return this.#source
  }

  get gateway(): GatewayRecord {
    return this.#gateway
  }

  get draining(): boolean {
    return this.#draining
  }

  get tokens(): Iterable<TokenRecord> {
    return this.#tokens.values()
  }

  /** How many tokens there are. */
  get size(): number {
    return this.#tokens.size
  }

  /** Whether a token is known; one that has gone is not. */
  has(id: string): boolean {
    return this.#tokens.has(id)
  }

  /** How many tokens are in a state. */
  count(state: RegistrationState): number {
    return this.#counts.get(state) ?? 0
  }

  /** False as soon as the puppet refuses one token; true when it accepts all; null while that is not known. */
  get tokenAccepted(): boolean | null {
    if (this.#acceptance.refused > 0) return false
    return this.size > 0 && this.#acceptance.accepted === this.size ? true : null
  }

  apply(event: SidecarEvent): void {
    switch (event.type) {
      case 'draining':
        this.#draining = true
        return
      case 'probed':
        this.#puppet = event.result.ok
          ? { ...this.#puppet, tls: event.result.tls, health: event.result.health }
          : { ...this.#puppet, health: null }
        return
      case 'puppet':
        return this.#applyPuppet(event)
      case 'registry':
        return this.#applyRegistry(event)
      case 'source':
        this.#source = { problems: event.problems, since: this.#clock.date() }
        return
      case 'tokens':
        for (const id of event.added) this.#add(id)
        return
      case 'gone':
        return this.#put(event.id, undefined)
      case 'tokenChecked':
        return this.#update(event.id, { accepted: event.accepted })
      case 'gatewayJoined':
        return this.#changeGateway(event.id, (connections) => ({
          ...connections,
          connections: connections.connections + 1,
        }))
      case 'gatewayLeft':
        return this.#changeGateway(event.id, (connections) => ({
          ...connections,
          connections: connections.connections - 1,
        }))
      case 'gatewayPort':
        return this.#changeGateway(event.id, ({ connections, port }) => ({
          connections,
          port: event.port ?? port,
        }))
      case 'registration':
        this.#applyRegistration(event)
    }
  }

  #applyPuppet({ health, reason }: SidecarEvent & { type: 'puppet' }): void {
    const since = health === this.#puppet.state ? this.#puppet.since : this.#clock.date()
    this.#puppet = { ...this.#puppet, state: health, since, reason }
  }

  #applyRegistry({ reachable, reason, attempts, retryInMs }: SidecarEvent & { type: 'registry' }): void {
    const since = reachable === this.#registry.reachable ? this.#registry.since : this.#clock.date()
    const retryAtMs = retryInMs === null ? null : this.#clock.now() + retryInMs
    this.#registry = { reachable, since, reason, attempts, retryAtMs }
  }

  #changeGateway(id: string, change: (connections: Visits) => Visits): void {
    const present = new Map(this.#gateway.present)
    const connections = change(present.get(id) ?? { connections: 0, port: undefined })
    // What it said has gone with it.
    if (connections.connections > 0) present.set(id, connections)
    else present.delete(id)
    this.#gateway = { present }
  }

  #applyRegistration(event: SidecarEvent & { type: 'registration' }): void {
    const { id, state, reason, attempts, retryInMs, confirmed } = event
    const before = this.#tokens.get(id)
    const sinceMs = before?.state === state ? before.sinceMs : this.#clock.date().getTime()
    const retryAtMs = retryInMs === null ? null : Math.ceil(this.#clock.now() + retryInMs)
    this.#update(id, { state, sinceMs, reason, attempts, retryAtMs, confirmed })
  }

  #add(id: string): void {
    if (this.#tokens.has(id)) return
    this.#put(id, {
      id,
      state: 'idle',
      sinceMs: this.#clock.date().getTime(),
      reason: '',
      attempts: 0,
      retryAtMs: null,
      confirmed: null,
      accepted: null,
    })
  }

  #update(id: string, change: Partial<TokenRecord>): void {
    const record = this.#tokens.get(id)
    if (record !== undefined) this.#put(id, { ...record, ...change })
  }

  #put(id: string, record: TokenRecord | undefined): void {
    const before = this.#tokens.get(id)
    if (before !== undefined) this.#tally(before, -1)
    if (record === undefined) {
      this.#tokens.delete(id)
      return
    }
    this.#tokens.set(id, record)
    this.#tally(record, 1)
  }

  #tally({ state, accepted }: TokenRecord, by: 1 | -1): void {
    this.#counts.set(state, this.count(state) + by)
    if (accepted === true) this.#acceptance.accepted += by
    if (accepted === false) this.#acceptance.refused += by
  }
}
