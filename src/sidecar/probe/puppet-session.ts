import type { ClientHttp2Session } from 'node:http2'
import type { PeerCertificate, TLSSocket } from 'node:tls'
import { type GrpcAnswer, type GrpcCall, unaryCall } from '../../grpc/grpc-call.ts'
import { authorization, isTokenAccepted, VERSION } from '../../grpc/puppet-call.ts'
import type { Clock } from '../../lib/clock.ts'
import { hostPort } from '../../net/host-port.ts'
import { withoutZone } from '../../net/ip-address.ts'
import type { HealthStatus, ProbeResult } from '../events.ts'
import type { PuppetTrouble } from '../puppet-trouble.ts'
import { describeAnswer, kindOf, MEANINGS, type Meaning } from './answer-meaning.ts'
import { certificateWarnings } from './certificate-warnings.ts'
import { HEALTH_CHECK, healthCheckRequest, readHealth } from './grpc-health.ts'
import { isTrusted } from './peer-trust.ts'
import { type Address, failedProbe } from './probe.ts'
import { troubleWords } from './trouble-words.ts'

export interface PuppetSessionOptions extends Address {
  /** The server names that clients ask for, the first of which the probe asks for too. */
  readonly serverNames: () => readonly string[]
  readonly clock: Clock
  /** `answer`: any gRPC status is good. `serving`: the health service must answer SERVING. */
  readonly wants: 'answer' | 'serving'
  /** Whose health is asked for; empty: the server's as a whole. */
  readonly service: string
  /** The token for a guarded health service; undefined while there is none. */
  readonly token: () => string | undefined
}

type Reading = ReturnType<typeof readHealth>

/** An HTTP/2 session with the puppet, and what was learned over it of how to ask. */
export class PuppetSession {
  readonly http2: ClientHttp2Session
  readonly #options: PuppetSessionOptions
  /** Health is not known there, and `Version` was answered. */
  #asksVersion = false
  /** The health check was answered only with a token. */
  #sendsToken = false
  readonly #serverNames: readonly string[]
  /** The puppet's; undefined over plaintext. */
  readonly certificate: PeerCertificate | undefined

  constructor(http2: ClientHttp2Session, options: PuppetSessionOptions) {
    this.http2 = http2
    this.#options = options
    this.#serverNames = options.serverNames()
    const socket = http2.socket as Partial<TLSSocket> | undefined
    this.certificate = http2.encrypted ? socket?.getPeerCertificate?.() : undefined
  }

  get isOpen(): boolean {
    return !this.http2.closed && !this.http2.destroyed
  }

  /** Probes once. Rejects when the call or the session breaks, or `signal` aborts. */
  async probe(signal: AbortSignal): Promise<ProbeResult> {
    const result = await this.#ask(signal)
    if (!result.ok || this.certificate === undefined) return result
    const nowMs = this.#options.clock.date().getTime()
    const warnings = certificateWarnings(this.certificate, this.#serverNames, nowMs)
    return warnings.length === 0 ? result : { ...result, warnings: [...(result.warnings ?? []), ...warnings] }
  }

  async #ask(signal: AbortSignal): Promise<ProbeResult> {
    if (this.#asksVersion) return this.#probeVersion(signal)
    const answer = await this.#askHealth(signal, this.#sendsToken ? this.#options.token() : undefined)
    const meaning = MEANINGS[kindOf(answer)][this.#options.wants]
    if (meaning === 'version') return this.#probeVersion(signal)
    if (meaning === 'guarded') return this.#probeGuarded(signal, answer)
    return this.#resultOf(meaning, answer)
  }

  /** Null: the puppet does not say. Rejects as `probe` does. The text of the answer is never read: puppets repeat the token in it. */
  async acceptsToken(token: string, signal: AbortSignal): Promise<boolean | null> {
    if (!this.#mayCarryToken) return null
    return isTokenAccepted(await this.#call({ path: VERSION, metadata: authorization(token), signal }))
  }

  async #probeVersion(signal: AbortSignal): Promise<ProbeResult> {
    const answer = await this.#call({ path: VERSION, signal })
    const result = this.#resultOf(MEANINGS[kindOf(answer)].version, answer)
    this.#asksVersion = result.ok
    return result.ok ? { ...result, health: 'UNIMPLEMENTED' } : result
  }

  /** @param plain what was answered without a token, or to one */
  async #probeGuarded(signal: AbortSignal, plain: GrpcAnswer): Promise<ProbeResult> {
    const token = this.#options.token()
    if (token === undefined || !this.#mayCarryToken) return this.#fail('PUPPET_HEALTH_GUARDED', plain)
    const answer = this.#sendsToken ? plain : await this.#askHealth(signal, token)
    const meaning = MEANINGS[kindOf(answer)].serving
    this.#sendsToken = meaning !== 'guarded'
    return meaning === 'guarded'
      ? this.#fail('PUPPET_REFUSES_TOKEN', answer)
      : this.#resultOf(meaning, answer)
  }

  #askHealth(signal: AbortSignal, token: string | undefined): Promise<GrpcAnswer> {
    const message = healthCheckRequest(this.#options.service)
    const metadata = token === undefined ? {} : authorization(token)
    return this.#call({ path: HEALTH_CHECK, message, metadata, signal })
  }

  #call(call: Omit<GrpcCall, 'authority'>): Promise<GrpcAnswer> {
    const { host, port } = this.#options
    const authority = hostPort({ host: withoutZone(host), port })
    return unaryCall(this.http2, { authority, ...call })
  }

  #resultOf(meaning: Meaning, answer: GrpcAnswer): ProbeResult {
    if (meaning === 'health') return this.#resultOfHealth(answer)
    if (meaning === 'life') return this.#live(null)
    return typeof meaning === 'object' ? this.#live(null, meaning.warns, answer) : this.#fail(meaning, answer)
  }

  #resultOfHealth(answer: GrpcAnswer): ProbeResult {
    const reading = readHealth(answer)
    if (reading === 'SERVING') return this.#live(reading)
    const health = typeof reading === 'string' ? reading : null
    const code = health === null ? 'PUPPET_HEALTH_UNREADABLE' : 'PUPPET_NOT_SERVING'
    if (this.#options.wants === 'serving') return this.#fail(code, answer, reading)
    // The other two are what puppets say that no client has started yet.
    const isOdd = health === null || health === 'NOT_SERVING'
    return isOdd ? this.#live(health, code, answer, reading) : this.#live(health)
  }

  #live(
    health: HealthStatus | null,
    warning?: PuppetTrouble,
    answer?: GrpcAnswer,
    reading?: Reading,
  ): ProbeResult {
    const tls = this.http2.encrypted ?? false
    if (warning === undefined || answer === undefined) return { ok: true, tls, health }
    const text = this.#words(warning, answer, reading, false)
    return { ok: true, tls, health, warnings: [{ code: warning, text }] }
  }

  #fail(code: PuppetTrouble, answer: GrpcAnswer, health?: Reading): ProbeResult {
    return failedProbe(code, this.#words(code, answer, health, this.#options.wants === 'serving'))
  }

  #words(
    code: PuppetTrouble,
    answer: GrpcAnswer,
    health: Reading | undefined,
    wantsServing: boolean,
  ): string {
    const { port, service } = this.#options
    return troubleWords(code, { port, service, answer: describeAnswer(answer), health, wantsServing })
  }

  /** Whoever reads a token can use it: it goes to nobody but this machine, and to whom a trusted authority vouches for. */
  get #mayCarryToken(): boolean {
    const { host } = this.#options
    const [servername] = this.#serverNames
    return isTrusted(this.http2, servername === undefined ? [host] : [host, servername])
  }
}
