import type { Clock } from '../../lib/clock.ts'
import { type Advice, isAllClear, isUnpublished, topicOf } from '../../protocol/advice.ts'
import type { RegistrationState, SidecarEvent } from '../events.ts'
import type { GatewayRecord, PuppetRecord, RegistryRecord, SourceRecord, TokenRecord } from './records.ts'

const NO_ADVICE: readonly Advice[] = []
/** States in which there is a connection to the registry. */
const WITH_CONNECTION: ReadonlySet<RegistrationState> = new Set(['open', 'registered'])

/**
 * What is true now, by all events so far: the read model of readiness, `/status`, metrics and the event log. Nothing decides by it.
 * States are counted as they change, so that ten thousand tokens need not be counted.
 */
export class SidecarState {
  readonly #clock: Clock
  readonly #tokens = new Map<string, TokenRecord>()
  readonly #counts = new Map<RegistrationState, number>()
  /** Tokens that are registered, but not published, as the registry says. */
  #unpublished = 0
  readonly #checked = { accepted: 0, refused: 0 }
  #puppet: PuppetRecord
  #registry: RegistryRecord
  #source: SourceRecord
  readonly #gateways = new Map<string, GatewayRecord>()
  #unconfirmed = 0
  #draining = false

  constructor(clock: Clock) {
    this.#clock = clock
    const since = clock.date()
    this.#puppet = {
      state: 'unknown',
      since,
      code: null,
      reason: 'not probed yet',
      tls: null,
      health: null,
      warnings: [],
    }
    this.#registry = { reachable: true, since, code: null, reason: '', attempts: 0, retryAtMs: null }
    this.#source = { problems: [], code: null, since }
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

  /** By the public name of their token. */
  get gateways(): ReadonlyMap<string, GatewayRecord> {
    return this.#gateways
  }

  get draining(): boolean {
    return this.#draining
  }

  get tokens(): Iterable<TokenRecord> {
    return this.#tokens.values()
  }

  get unpublished(): number {
    return this.#unpublished
  }

  get size(): number {
    return this.#tokens.size
  }

  /** Whether a token is known; one that has gone is not. */
  has(id: string): boolean {
    return this.#tokens.has(id)
  }

  count(state: RegistrationState): number {
    return this.#counts.get(state) ?? 0
  }

  /** Registrations that the registry did not acknowledge. */
  get unconfirmed(): number {
    return this.#unconfirmed
  }

  /** False as soon as the puppet refuses one token; true when it accepts all; null while that is not known. */
  get tokenAccepted(): boolean | null {
    if (this.#checked.refused > 0) return false
    return this.size > 0 && this.#checked.accepted === this.size ? true : null
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
      case 'puppetWarnings':
        this.#puppet = { ...this.#puppet, warnings: event.warnings }
        return
      case 'registry':
        return this.#applyRegistry(event)
      case 'source':
        this.#source = { problems: event.problems, code: event.code ?? null, since: this.#clock.date() }
        return
      case 'tokens':
        for (const id of event.added) this.#add(id)
        return
      case 'gone':
        return this.#put(event.id, undefined)
      case 'tokenChecked':
        return this.#update(event.id, { accepted: event.accepted })
      case 'advice':
        return this.#applyAdvice(event)
      case 'verification':
        return this.#applyVerification(event)
      case 'gatewayJoined':
        return this.#countGateway(event.id, 1)
      case 'gatewayLeft':
        return this.#countGateway(event.id, -1)
      case 'gatewayPort':
        return this.#setGatewayPort(event.id, event.port)
      case 'registration':
        this.#applyRegistration(event)
    }
  }

  #applyPuppet({ health, code, reason }: SidecarEvent & { type: 'puppet' }): void {
    const since = health === this.#puppet.state ? this.#puppet.since : this.#clock.date()
    this.#puppet = { ...this.#puppet, state: health, since, code, reason }
  }

  #applyRegistry(event: SidecarEvent & { type: 'registry' }): void {
    const { reachable, code, reason, attempts, retryInMs } = event
    const since = reachable === this.#registry.reachable ? this.#registry.since : this.#clock.date()
    const retryAtMs = retryInMs === null ? null : this.#clock.now() + retryInMs
    this.#registry = { reachable, since, code, reason, attempts, retryAtMs }
  }

  #countGateway(id: string, by: 1 | -1): void {
    const { connections, port } = this.#gateways.get(id) ?? { connections: 0, port: undefined }
    if (connections + by > 0) this.#gateways.set(id, { connections: connections + by, port })
    else this.#gateways.delete(id)
  }

  #setGatewayPort(id: string, port: number | undefined): void {
    const gateway = this.#gateways.get(id)
    if (gateway !== undefined && port !== undefined) this.#gateways.set(id, { ...gateway, port })
  }

  #applyRegistration(event: SidecarEvent & { type: 'registration' }): void {
    const { id, state, code, reason, attempts, retryInMs, confirmed } = event
    const before = this.#tokens.get(id)
    const sinceMs = before?.state === state ? before.sinceMs : this.#clock.date().getTime()
    const retryAtMs = retryInMs === null ? null : Math.ceil(this.#clock.now() + retryInMs)
    // It was about the connection, which is gone.
    const forgotten = WITH_CONNECTION.has(state) ? {} : { advice: NO_ADVICE, discovery: null }
    this.#update(id, { state, sinceMs, code, reason, attempts, retryAtMs, confirmed, ...forgotten })
  }

  #applyAdvice({ id, advice }: SidecarEvent & { type: 'advice' }): void {
    const before = this.#tokens.get(id)
    if (before === undefined || !WITH_CONNECTION.has(before.state)) return
    const others = before.advice.filter(({ code }) => topicOf(code) !== topicOf(advice.code))
    this.#update(id, { advice: isAllClear(advice.code) ? others : [...others, advice] })
  }

  #applyVerification({ id, verdict, code, host, port }: SidecarEvent & { type: 'verification' }): void {
    const before = this.#tokens.get(id)
    if (before === undefined || !WITH_CONNECTION.has(before.state)) return
    if (verdict === 'unknown' && before.discovery !== null) return
    const isSame = before.discovery?.verdict === verdict
    const sinceMs = isSame ? before.discovery.sinceMs : this.#clock.date().getTime()
    this.#update(id, { discovery: { verdict, code, host, port, sinceMs } })
  }

  #add(id: string): void {
    if (this.#tokens.has(id)) return
    this.#put(id, {
      id,
      state: 'idle',
      sinceMs: this.#clock.date().getTime(),
      code: null,
      reason: '',
      attempts: 0,
      retryAtMs: null,
      confirmed: null,
      accepted: null,
      advice: NO_ADVICE,
      discovery: null,
    })
  }

  #update(id: string, change: Partial<TokenRecord>): void {
    const record = this.#tokens.get(id)
    if (record !== undefined) this.#put(id, { ...record, ...change })
  }

  #put(id: string, record: TokenRecord | undefined): void {
    const before = this.#tokens.get(id)
    if (before !== undefined) this.#count(before, -1)
    if (record === undefined) {
      this.#tokens.delete(id)
      return
    }
    this.#tokens.set(id, record)
    this.#count(record, 1)
  }

  #count({ state, accepted, advice, confirmed }: TokenRecord, by: 1 | -1): void {
    if (isWithheld(advice)) this.#unpublished += by
    if (state === 'registered' && confirmed === false) this.#unconfirmed += by
    this.#counts.set(state, this.count(state) + by)
    if (accepted === true) this.#checked.accepted += by
    if (accepted === false) this.#checked.refused += by
  }
}

/** Whether the registry says that clients cannot find the token at all. */
function isWithheld(advice: readonly Advice[]): boolean {
  return advice.some(({ code }) => isUnpublished(code))
}
