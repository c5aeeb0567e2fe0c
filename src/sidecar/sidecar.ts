import type { AddressInfo } from 'node:net'
import { openFileLimit, roomForConnections } from '../config/open-file-limit.ts'
import type { Config } from '../config/sidecar-config.ts'
import { type Clock, pause } from '../lib/clock.ts'
import { isLoopbackHost } from '../net/local-host.ts'
import type { AdminServer } from '../ops/admin-server.ts'
import type { Log } from '../ops/log.ts'
import { publicName, type Redactor } from '../ops/redactor.ts'
import { isUsableToken } from '../tokens/validate.ts'
import type { SidecarEvent, SidecarEventListener, TimedProbeResult } from './events.ts'
import type { Gateway } from './gateway/gateway.ts'
import { dampingOf, detectionMs, type HealthState, initialHealth, nextHealth } from './health/health.ts'
import { probeIntervalMs } from './health/probe-interval.ts'
import { NetnsWatcher } from './netns/netns-watcher.ts'
import { createProbe } from './probe/create-probe.ts'
import { GrpcProbe } from './probe/grpc-probe.ts'
import type { Probe } from './probe/probe.ts'
import { Prober } from './probe/prober.ts'
import { TokenCheck } from './probe/token-check.ts'
import { createRegistrations } from './registration/create-registrations.ts'
import { loadWebSocket } from './registration/open-socket.ts'
import type { Registrations } from './registration/registrations.ts'
import { EventLog } from './status/event-log.ts'
import { createAdminServer } from './status/routes.ts'
import { SidecarState } from './status/sidecar-state.ts'
import { TokenSet } from './token-set.ts'

/** What a sidecar needs from outside. */
export interface SidecarOptions {
  readonly config: Config
  readonly version: string
  readonly clock: Clock
  readonly log: Log
  /** Learns of tokens that come and go. */
  readonly redactor: Redactor
  /** Hears every event, after the sidecar's own status has. */
  readonly listener?: SidecarEventListener
  /** Called whenever a refusal leaves no token that is not refused. */
  readonly onAllRefused?: () => void
  /** Called when somebody on this machine asks for the end, and all is drained. */
  readonly onQuit?: () => void
  /** Called when the network namespace that it shared with the puppet is gone for good; perhaps more than once. */
  readonly onNetworkGone?: () => void
}

/** The stages, wired: probe to health to registrations, and all of them to the status. The only place that knows them all. */
export class Sidecar {
  readonly #options: SidecarOptions
  readonly #sidecarState: SidecarState
  readonly #eventLog: EventLog
  readonly #adminServer: AdminServer<SidecarEvent>
  readonly #probe: Probe
  readonly #loop: Prober
  readonly #acceptance: TokenCheck
  readonly #registrations: Registrations
  readonly #holdings: TokenSet
  #health: HealthState = initialHealth
  #reception: Gateway | undefined
  /** Undefined where the puppet has a network of its own. */
  readonly #network: NetnsWatcher | undefined

  constructor(options: SidecarOptions) {
    const { config, clock, log, version, redactor } = options
    this.#options = options
    this.#sidecarState = new SidecarState(clock)
    this.#eventLog = new EventLog(log, clock, this.#sidecarState)
    this.#adminServer = createAdminServer({
      sidecarState: this.#sidecarState,
      config,
      version,
      clock,
      redact: redactor.redact,
      startedMs: clock.now(),
      damping: () => dampingOf(this.#health, clock.now()),
      drain: () => this.drain(),
      quit: () => options.onQuit?.(),
    })
    const { puppet, probe } = config
    this.#probe = createProbe({ puppet, kind: probe.kind, sessionClosed: () => this.#loop.wake() })
    this.#loop = new Prober({
      probe: this.#probe,
      clock,
      timeoutMs: config.probe.timeoutMs,
      wakeIntervalMs: config.probe.fastIntervalMs,
      onResult: (result) => this.#nextHealth(result),
    })
    this.#network = isLoopbackHost(config.puppet.host) ? new NetnsWatcher() : undefined
    this.#acceptance = this.#createAcceptance()
    this.#registrations = createRegistrations({
      config,
      clock,
      capacity: roomForConnections(openFileLimit()),
      nameOf: publicName,
      emit: (event) => this.#emit(event),
    })
    this.#holdings = new TokenSet({
      tokens: config.tokens,
      source: config.tokenSource,
      clock,
      log,
      redactor,
      registrations: this.#registrations,
      emit: (event) => this.#emit(event),
      onAdded: (tokens) => {
        if (this.#health.health === 'healthy') this.#acceptance.ask(tokens)
      },
    })
  }

  /**
   * Begins to probe, and opens the endpoints meanwhile: the first probe is on its way while the rest is loaded. Rejects if
   * the endpoints' port cannot be had; nothing goes on then.
   */
  async start(): Promise<void> {
    this.#loop.start()
    this.#holdings.start()
    void loadWebSocket()
    try {
      // First: a gateway that finds no door ends, and says that all is well.
      await this.#openDoor()
      await this.#adminServer.start()
    } catch (error) {
      await this.#end(this.#withdrawAll())
      throw error
    }
  }

  /** Where the endpoints listen; undefined if they are off. */
  get adminAddress(): AddressInfo | undefined {
    return this.#adminServer.address
  }

  /** Reads the tokens again now, and says what came of it. */
  async reload(): Promise<void> {
    const { log } = this.#options
    const problems = await this.#holdings.refresh()
    if (problems === undefined) return log.info('there is no file of tokens to read again')
    if (this.#sidecarState.draining) return
    if (problems.length === 0) log.info('the tokens have been read again')
    else log.warn({ problems }, 'the tokens have been read again, and stay as they are')
  }

  /**
   * Withdraws every token for good; probe and endpoints go on. Resolves with whether nothing is registered any more, at the
   * latest when `REGISTRAR_DRAIN_TIMEOUT` has passed. May be asked again.
   */
  drain(): Promise<boolean> {
    if (!this.#sidecarState.draining) this.#emit({ type: 'draining' })
    return this.#withdrawAll()
  }

  /** Drains, and ends. Resolves as `drain` does. */
  end(): Promise<boolean> {
    const drained = this.drain()
    return this.#end(drained)
  }

  async #withdrawAll(): Promise<boolean> {
    const { clock, config } = this.#options
    this.#holdings.stop()
    this.#acceptance.cancel()
    const limit = new AbortController()
    const left = pause(clock, config.drainTimeoutMs, limit.signal).then(() => false)
    const stopped = this.#registrations.stop().then(() => true)
    const withdrawn = await Promise.race([stopped, left])
    limit.abort()
    return withdrawn
  }

  async #end(drained: Promise<boolean>): Promise<boolean> {
    this.#loop.stop()
    const withdrawn = await drained
    this.#reception?.close()
    await this.#adminServer.stop()
    this.#eventLog.end()
    return withdrawn
  }

  async #openDoor(): Promise<void> {
    const { clock, config } = this.#options
    if (config.gateway === undefined) return
    const { Gateway } = await import('./gateway/gateway.ts')
    this.#reception = new Gateway({
      ...config.gateway,
      clock,
      puppet: config.puppet,
      isToken: isUsableToken,
      nameOf: publicName,
      emit: (event) => this.#emit(event),
      adopt: config.tokens.length === 0 ? (tokens) => this.#holdings.replace(tokens) : undefined,
      wake: () => this.#loop.wake(),
    })
    await this.#reception.open()
  }

  #createAcceptance(): TokenCheck {
    const probe = this.#probe
    return new TokenCheck({
      clock: this.#options.clock,
      timeoutMs: this.#options.config.probe.timeoutMs,
      // It may have gone since it was to be asked about.
      ask: async (token, signal) =>
        probe instanceof GrpcProbe && this.#sidecarState.has(publicName(token))
          ? probe.acceptsToken(token, signal)
          : null,
      onAnswer: (token, accepted) => this.#emit({ type: 'tokenChecked', id: publicName(token), accepted }),
    })
  }

  #emit(event: SidecarEvent): void {
    this.#sidecarState.apply(event)
    this.#eventLog.record(event)
    this.#adminServer.record(event)
    this.#options.listener?.(event)
    if (event.type === 'gone' || (event.type === 'registration' && event.state === 'refused'))
      this.#noticeRefusal()
  }

  #noticeRefusal(): void {
    const { size } = this.#sidecarState
    if (size > 0 && this.#sidecarState.count('refused') === size) this.#options.onAllRefused?.()
  }

  /** Folds one probe's result into the health, acts on a change, and says when to probe again. */
  #nextHealth(result: TimedProbeResult): number {
    const { config, clock } = this.#options
    const before = this.#health
    const nowMs = clock.now()
    const health = nextHealth(before, result, nowMs, config.probe)
    this.#health = health
    this.#emit({ type: 'probed', result })
    if (this.#network?.isGone(result.ok, nowMs)) this.#options.onNetworkGone?.()
    if (health.health !== before.health || health.reason !== before.reason) {
      this.#emit({
        type: 'puppet',
        health: health.health,
        reason: health.reason,
        damping: dampingOf(health, nowMs),
        failingMs: detectionMs(before, health, nowMs),
      })
    }
    if (health.health !== before.health) this.#turn(health.health === 'healthy')
    return probeIntervalMs(health, config.probe)
  }

  #turn(healthy: boolean): void {
    if (this.#sidecarState.draining) return
    if (healthy) {
      this.#registrations.want()
      this.#acceptance.ask(this.#registrations.tokens)
    } else {
      this.#acceptance.cancel()
      this.#registrations.withdraw()
    }
  }
}
