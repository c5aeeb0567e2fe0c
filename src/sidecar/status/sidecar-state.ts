import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../../lib/clock.ts'
import type { Problem } from '../../lib/problem.ts'
import type { RegistrationState, SidecarEvent } from '../events.ts'
import {
  caFileProblems,
  openFileProblems,
  puppetProblems,
  puppetWarnings,
  registryProblems,
  settingProblems,
  tokenFileProblems,
  tokenProblems,
  withAdvice,
} from './find-problems.ts'
import { GatewayRecords } from './gateway-records.ts'
import { ProblemSet } from './problem-set.ts'
import {
  type GatewayRecord,
  NO_ADVICE,
  newToken,
  type PuppetRecord,
  type RegistryRecord,
  type SourceRecord,
  type TokenRecord,
} from './records.ts'
import { TokenCounts } from './token-counts.ts'

/** States in which there is a connection to the registry. */
const WITH_CONNECTION: ReadonlySet<RegistrationState> = new Set(['open', 'registered'])

/**
 * What is true now, by all events so far: the read model of readiness, `/status`, metrics and the event log. Nothing decides by it.
 * States are counted as they change, so that ten thousand tokens need not be counted.
 */
export class SidecarState {
  readonly problems: ProblemSet
  readonly counts = new TokenCounts()
  readonly #clock: Clock
  readonly #tokens = new Map<string, TokenRecord>()
  #puppet: PuppetRecord
  #registry: RegistryRecord
  #source: SourceRecord
  readonly #gateways: GatewayRecords
  #draining = false

  /** @param warnings what was noticed about the configuration */
  constructor(clock: Clock, warnings: readonly Problem[] = []) {
    this.#clock = clock
    this.problems = new ProblemSet(clock)
    this.#gateways = new GatewayRecords(this.problems, (id) => !this.has(id) && !this.draining)
    for (const { variable } of warnings) this.#setWarnings(variable, warnings)
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
    return this.#gateways.all
  }

  get draining(): boolean {
    return this.#draining
  }

  get tokens(): Iterable<TokenRecord> {
    return this.#tokens.values()
  }

  /** Tokens that are registered, and that the registry does not publish, as it says. */
  get unpublished(): number {
    return this.counts.unpublished
  }

  get size(): number {
    return this.#tokens.size
  }

  /** Whether a token is known; one that has gone is not. */
  has(id: string): boolean {
    return this.#tokens.has(id)
  }

  count(state: RegistrationState): number {
    return this.counts.inState(state)
  }

  /** Registrations that the registry did not acknowledge. */
  get unconfirmed(): number {
    return this.counts.unconfirmed
  }

  /** Tokens that are registered, and discovery was seen to lead to the puppet. */
  get verified(): number {
    return this.counts.verified
  }

  /** Tokens that are registered, and clients do not get to the puppet, as the registry says or was seen. */
  get misled(): number {
    return this.counts.misled
  }

  /** False as soon as the puppet refuses one token; true when it accepts all; null while that is not known. */
  get tokenAccepted(): boolean | null {
    if (this.counts.refused > 0) return false
    return this.size > 0 && this.counts.accepted === this.size ? true : null
  }

  apply(event: SidecarEvent): void {
    switch (event.type) {
      case 'draining':
        this.#draining = true
        return this.#gateways.findProblems()
      case 'probed':
        this.#puppet = event.result.ok
          ? { ...this.#puppet, tls: event.result.tls, health: event.result.health }
          : { ...this.#puppet, health: null }
        return
      case 'puppet':
        return this.#applyPuppet(event)
      case 'puppetWarnings':
        this.#puppet = { ...this.#puppet, warnings: event.warnings }
        return this.problems.set('puppet warnings', puppetWarnings(this.#puppet))
      case 'registry':
        return this.#applyRegistry(event)
      case 'source':
        this.#source = { problems: event.problems, code: event.code ?? null, since: this.#clock.date() }
        this.problems.set('token file', tokenFileProblems(this.#source))
        return this.#setWarnings('WECHATY_PUPPET_SERVICE_TOKEN_FILE', event.warnings)
      case 'certificates':
        this.problems.set('certificates', caFileProblems(event.trouble))
        return this.#setWarnings('REGISTRAR_REGISTRY_CA_FILE', event.warnings)
      case 'openFiles':
        return this.problems.set('open files', openFileProblems(event.tooFew))
      case 'tokens':
        for (const id of event.added) this.#add(id)
        return this.#gateways.findProblems()
      case 'gone':
        this.#put(event.id, undefined)
        return this.#gateways.findProblems()
      case 'tokenChecked':
        return this.#applyTokenCheck(event)
      case 'advice':
        return this.#applyAdvice(event)
      case 'verification':
        return this.#applyVerification(event)
      case 'gatewayJoined':
        return this.#gateways.count(event.id, 1)
      case 'gatewayLeft':
        return this.#gateways.count(event.id, -1)
      case 'gatewayPort':
        return this.#gateways.setPort(event)
      case 'registration':
        this.#applyRegistration(event)
    }
  }

  #applyPuppet({ health, code, reason }: SidecarEvent & { type: 'puppet' }): void {
    const since = health === this.#puppet.state ? this.#puppet.since : this.#clock.date()
    this.#puppet = { ...this.#puppet, state: health, since, code, reason }
    this.problems.set('puppet', puppetProblems(this.#puppet))
  }

  #applyRegistry(event: SidecarEvent & { type: 'registry' }): void {
    const { reachable, code, reason, attempts, retryInMs } = event
    const since = reachable === this.#registry.reachable ? this.#registry.since : this.#clock.date()
    const retryAtMs = retryInMs === null ? null : this.#clock.now() + retryInMs
    this.#registry = { reachable, since, code, reason, attempts, retryAtMs }
    this.problems.set('registry', registryProblems(this.#registry))
  }

  #setWarnings(variable: string, warnings: readonly Problem[] | undefined): void {
    if (warnings !== undefined) this.problems.set(variable, settingProblems(variable, warnings))
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
    this.#update(id, withAdvice(before, advice))
  }

  #applyVerification({ id, verdict, code, host, port }: SidecarEvent & { type: 'verification' }): void {
    const before = this.#tokens.get(id)
    if (before === undefined || !WITH_CONNECTION.has(before.state)) return
    if (verdict === 'unknown' && before.discovery !== null) return
    const known = before.discovery
    const sinceMs = known?.verdict === verdict ? known.sinceMs : this.#clock.date().getTime()
    const discovery = { verdict, code, host, port, sinceMs }
    if (!isDeepStrictEqual(discovery, known)) this.#update(id, { discovery })
  }

  #applyTokenCheck({ id, accepted }: SidecarEvent & { type: 'tokenChecked' }): void {
    if (this.#tokens.get(id)?.accepted !== accepted) this.#update(id, { accepted })
  }

  #add(id: string): void {
    if (this.#tokens.has(id)) return
    this.#put(id, newToken(id, this.#clock.date().getTime()))
  }

  #update(id: string, change: Partial<TokenRecord>): void {
    const record = this.#tokens.get(id)
    if (record !== undefined) this.#put(id, { ...record, ...change })
  }

  #put(id: string, record: TokenRecord | undefined): void {
    const before = this.#tokens.get(id)
    if (before !== undefined) this.counts.count(before, -1)
    if (record === undefined) {
      this.#tokens.delete(id)
      return this.problems.set(id, [])
    }
    this.#tokens.set(id, record)
    this.counts.count(record, 1)
    this.problems.set(id, tokenProblems(record))
  }
}
