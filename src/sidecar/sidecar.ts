import type { AddressInfo } from 'node:net'
import { type Clock, pause } from '../lib/clock.ts'
import { openFileLimit, roomForConnections } from '../config/open-file-limit.ts'
import type { Config } from '../config/sidecar-config.ts'
import type { Fact, Listener, ProbeResult } from './events.ts'
import { dampingOf, detectionMs, type Gate, initialGate, judge } from './health/health.ts'
import { pauseAfter } from './health/probe-interval.ts'
import type { Reception } from './gateway/gateway.ts'
import { Holdings } from './token-set.ts'
import type { Log } from '../ops/log.ts'
import { isLoopbackHost } from '../net/loopback.ts'
import { NetworkWatch } from './netns/netns-watcher.ts'
import { Acceptance } from './probe/token-check.ts'
import { createProbe } from './probe/create-probe.ts'
import { GrpcProbe } from './probe/grpc-probe.ts'
import { ProbeLoop } from './probe/prober.ts'
import type { Probe } from './probe/probe.ts'
import { createRegistrations } from './registration/create-registrations.ts'
import type { Registrations } from './registration/registrations.ts'
import { loadWebSocket } from './registration/open-socket.ts'
import { publicName, type Redactor } from '../ops/redactor.ts'
import { Board } from './status/sidecar-state.ts'
import { Journal } from './status/event-log.ts'
import { Show } from './status/admin-endpoints.ts'
import { isUsableToken } from '../tokens/validate.ts'

/** What a sidecar needs from outside. */
export interface SidecarOptions {
  readonly config: Config
  readonly version: string
  readonly clock: Clock
  readonly log: Log
  /** Learns of tokens that come and go. */
  readonly redactor: Redactor
  /** Hears every fact, after the sidecar's own status has. */
  readonly listener?: Listener
  /** Called whenever a refusal leaves no token that is not refused. */
  readonly onAllRefused?: () => void
  /** Called when somebody on this machine asks for the end, and all is drained. */
  readonly onQuit?: () => void
  /** Called when the network namespace that it shared with the puppet is gone for good; perhaps more than once. */
  readonly onNetworkGone?: () => void
}

/** The stages, wired: probe to gate to registrations, and all of them to the status. The only place that knows them all. */
export class Sidecar {
  readonly #options: SidecarOptions
  readonly #board: Board
  readonly #journal: Journal
  readonly #show: Show
  readonly #probe: Probe
  readonly #loop: ProbeLoop
  readonly #acceptance: Acceptance
  readonly #registrations: Registrations
  readonly #holdings: Holdings
  #gate: Gate = initialGate
  #reception: Reception | undefined
  /** Undefined where the puppet has a network of its own. */
  readonly #network: NetworkWatch | undefined

  constructor(options: SidecarOptions) {
    const { config, clock, log, version, redactor } = options
    this.#options = options
    this.#board = new Board(clock)
    this.#journal = new Journal(log, clock, this.#board)
    this.#show = new Show({
      board: this.#board,
      config,
      version,
      clock,
      redact: redactor.redact,
      startedMs: clock.now(),
      damping: () => dampingOf(this.#gate, clock.now()),
      drain: () => this.drain(),
      quit: () => options.onQuit?.(),
    })
    const { puppet, probe } = config
    this.#probe = createProbe({ puppet, kind: probe.kind, sessionClosed: () => this.#loop.wake() })
    this.#loop = new ProbeLoop({
      probe: this.#probe,
      clock,
      timeoutMs: config.probe.timeoutMs,
      wakeIntervalMs: config.probe.fastIntervalMs,
      onResult: (result) => this.#judge(result),
    })
    this.#network = isLoopbackHost(config.puppet.host) ? new NetworkWatch() : undefined
    this.#acceptance = this.#createAcceptance()
    this.#registrations = createRegistrations({
      config,
      clock,
      capacity: roomForConnections(openFileLimit()),
      nameOf: publicName,
      tell: (fact) => this.#tell(fact),
    })
    this.#holdings = new Holdings({
      tokens: config.tokens,
      source: config.tokenSource,
      clock,
      log,
      redactor,
      registrations: this.#registrations,
      tell: (fact) => this.#tell(fact),
      onAdded: (tokens) => {
        if (this.#gate.health === 'healthy') this.#acceptance.ask(tokens)
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
      await this.#show.start()
    } catch (error) {
      await this.#end(this.#withdrawAll())
      throw error
    }
  }

  /** Where the endpoints listen; undefined if they are off. */
  get adminAddress(): AddressInfo | undefined {
    return this.#show.address
  }

  /** Reads the tokens again now, and says what came of it. */
  async reload(): Promise<void> {
    const { log } = this.#options
    const problems = await this.#holdings.refresh()
    if (problems === undefined) return log.info('there is no file of tokens to read again')
    if (this.#board.draining) return
    if (problems.length === 0) log.info('the tokens have been read again')
    else log.warn({ problems }, 'the tokens have been read again, and stay as they are')
  }

  /**
   * Withdraws every token for good; probe and endpoints go on. Resolves with whether nothing is registered any more, at the
   * latest when `REGISTRAR_DRAIN_TIMEOUT` has passed. May be asked again.
   */
  drain(): Promise<boolean> {
    if (!this.#board.draining) this.#tell({ type: 'draining' })
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
    await this.#show.stop()
    this.#journal.end()
    return withdrawn
  }

  async #openDoor(): Promise<void> {
    const { clock, config } = this.#options
    if (config.gateway === undefined) return
    const { Reception } = await import('./gateway/gateway.ts')
    this.#reception = new Reception({
      ...config.gateway,
      clock,
      puppet: config.puppet,
      isToken: isUsableToken,
      nameOf: publicName,
      tell: (fact) => this.#tell(fact),
      adopt: config.tokens.length === 0 ? (tokens) => this.#holdings.replace(tokens) : undefined,
      wake: () => this.#loop.wake(),
    })
    await this.#reception.open()
  }

  #createAcceptance(): Acceptance {
    const probe = this.#probe
    return new Acceptance({
      clock: this.#options.clock,
      timeoutMs: this.#options.config.probe.timeoutMs,
      // It may have gone since it was to be asked about.
      ask: async (token, signal) =>
        probe instanceof GrpcProbe && this.#board.has(publicName(token))
          ? probe.acceptsToken(token, signal)
          : null,
      onAnswer: (token, accepted) => this.#tell({ type: 'tokenChecked', id: publicName(token), accepted }),
    })
  }

  #tell(fact: Fact): void {
    this.#board.apply(fact)
    this.#journal.tell(fact)
    this.#show.tell(fact)
    this.#options.listener?.(fact)
    if (fact.type === 'gone' || (fact.type === 'registration' && fact.state === 'refused'))
      this.#noticeRefusal()
  }

  #noticeRefusal(): void {
    const { size } = this.#board
    if (size > 0 && this.#board.count('refused') === size) this.#options.onAllRefused?.()
  }

  /** Folds one probe's result into the gate, acts on a change, and says when to probe again. */
  #judge(result: ProbeResult): number {
    const { config, clock } = this.#options
    const before = this.#gate
    const nowMs = clock.now()
    const gate = judge(before, result, nowMs, config.probe)
    this.#gate = gate
    this.#tell({ type: 'probed', result })
    if (this.#network?.isGone(result.ok, nowMs)) this.#options.onNetworkGone?.()
    if (gate.health !== before.health || gate.reason !== before.reason) {
      this.#tell({
        type: 'puppet',
        health: gate.health,
        reason: gate.reason,
        damping: dampingOf(gate, nowMs),
        failingMs: detectionMs(before, gate, nowMs),
      })
    }
    if (gate.health !== before.health) this.#turn(gate.health === 'healthy')
    return pauseAfter(gate, config.probe)
  }

  #turn(healthy: boolean): void {
    if (this.#board.draining) return
    if (healthy) {
      this.#registrations.want()
      this.#acceptance.ask(this.#registrations.tokens)
    } else {
      this.#acceptance.cancel()
      this.#registrations.withdraw()
    }
  }
}
