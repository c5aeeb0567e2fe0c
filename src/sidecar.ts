import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Clock, deadline, pause } from './clock.ts'
import type { Config } from './config/sidecar.ts'
import type { Fact, Listener, ProbeResult } from './events.ts'
import { dampingOf, type Gate, initialGate, judge } from './gate/gate.ts'
import { pauseAfter } from './gate/pace.ts'
import type { Log } from './log.ts'
import { GrpcProbe } from './probe/grpc.ts'
import { ProbeLoop } from './probe/loop.ts'
import type { Probe } from './probe/probe.ts'
import { createTcpProbe } from './probe/tcp.ts'
import { Registrar } from './registration/registrar.ts'
import { lifecycleSettings } from './registration/settings.ts'
import { loadWebSocket, openSocket } from './registration/socket.ts'
import { createReader } from './rpc/answer.ts'
import { createRedactor, publicName } from './secret.ts'
import { Board } from './status/board.ts'
import { Journal } from './status/journal.ts'
import { readinessChecks, totalsOf } from './status/readiness.ts'
import { report } from './status/report.ts'
import { type Answer, type Route, serveAdmin, textAnswer } from './status/server.ts'
import { createTransport } from './transport/transport.ts'
import { REGISTRATION_PATH } from './wire/discovery.ts'

/** What a sidecar needs from outside. */
export interface SidecarOptions {
  readonly config: Config
  readonly version: string
  readonly clock: Clock
  readonly log: Log
  /** Hears every fact, after the sidecar's own status has. */
  readonly listener?: Listener
  /** Called whenever a refusal leaves no token that is not refused. */
  readonly onAllRefused?: () => void
}

/** How long all of DNS, TCP, TLS and the upgrade may take. */
const HANDSHAKE_MS = 10_000

/** The stages, wired: probe to gate to registrations, and all of them to the status. The only place that knows them all. */
export class Sidecar {
  readonly #options: SidecarOptions
  readonly #board: Board
  readonly #journal: Journal
  readonly #probe: Probe
  readonly #loop: ProbeLoop
  readonly #registrars: ReadonlyMap<string, Registrar>
  readonly #stop = new AbortController()
  readonly #startedMs: number
  #gate: Gate = initialGate
  /** Facts that came before the metrics were there. */
  #early: Fact[] = []
  #applyToMetrics: Listener = (fact) => this.#early.push(fact)
  #server: Server | undefined

  constructor(options: SidecarOptions) {
    const { config, clock, log } = options
    this.#options = options
    this.#startedMs = clock.now()
    this.#board = new Board(config.tokens.map(publicName), clock)
    this.#journal = new Journal(log, clock)
    this.#probe = this.#createProbe()
    this.#loop = new ProbeLoop({
      probe: this.#probe,
      clock,
      timeoutMs: config.probe.timeoutMs,
      wakeIntervalMs: config.probe.fastIntervalMs,
      onResult: (result) => this.#judge(result),
    })
    this.#registrars = this.#createRegistrars()
  }

  /**
   * Begins to probe, and opens the endpoints meanwhile: the first probe is on its way while the rest is loaded. Rejects if
   * the endpoints' port cannot be had; nothing goes on then.
   */
  async start(): Promise<void> {
    this.#loop.start()
    void loadWebSocket()
    if (this.#options.config.admin.port === 0) {
      this.#applyToMetrics = () => {}
      return
    }
    try {
      this.#server = await this.#serve()
    } catch (error) {
      await this.#end()
      throw error
    }
  }

  /** Where the endpoints listen; undefined if they are off. */
  get adminAddress(): AddressInfo | undefined {
    return (this.#server?.address() as AddressInfo | null) ?? undefined
  }

  /**
   * Withdraws every token and ends. Resolves with whether nothing is left, at the latest when `REGISTRAR_DRAIN_TIMEOUT` has
   * passed.
   */
  drain(): Promise<boolean> {
    this.#tell({ type: 'draining' })
    return this.#end()
  }

  async #end(): Promise<boolean> {
    const { clock, config } = this.#options
    this.#loop.stop()
    this.#stop.abort()
    const limit = new AbortController()
    const left = pause(clock, config.drainTimeoutMs, limit.signal).then(() => false)
    const stopped = Promise.all([...this.#registrars.values()].map((registrar) => registrar.stop())).then(
      () => true,
    )
    const withdrawn = await Promise.race([stopped, left])
    limit.abort()
    this.#server?.close()
    this.#server?.closeAllConnections()
    return withdrawn
  }

  async #serve(): Promise<Server> {
    const { config, version } = this.#options
    const { createMetrics } = await import('./status/metrics.ts')
    const metrics = createMetrics(this.#board, version)
    for (const fact of this.#early) metrics.apply(fact)
    this.#early = []
    this.#applyToMetrics = metrics.apply
    const expose = async (): Promise<Answer> => {
      const { text, contentType } = await metrics.expose()
      return { status: 200, contentType, body: text }
    }
    const routes: readonly Route[] = [...this.#routes(), { method: 'GET', path: '/metrics', handle: expose }]
    return serveAdmin({ ...config.admin, routes, redact: createRedactor(config.tokens) })
  }

  #createProbe(): Probe {
    const { puppet, probe } = this.#options.config
    if (probe.kind === 'tcp') return createTcpProbe(puppet)
    return new GrpcProbe({
      ...puppet,
      wants: probe.kind === 'serving' ? 'serving' : 'answer',
      sessionClosed: () => this.#loop.wake(),
    })
  }

  #createRegistrars(): ReadonlyMap<string, Registrar> {
    const { config, clock } = this.#options
    const { registry, advertise, heartbeat } = config
    const settings = lifecycleSettings({ backoffMaxMs: config.backoffMaxMs, heartbeat })
    const url = new URL(registry.url.href.replace(/\/$/, '') + REGISTRATION_PATH)
    const transport = createTransport(registry)
    const read = createReader(advertise.port)
    const create = (token: string): Registrar =>
      new Registrar({
        id: publicName(token),
        advertise,
        settings,
        clock,
        read,
        tell: (fact) => this.#tell(fact),
        open: (subprotocol, handlers) =>
          openSocket({ url, token, subprotocol, transport, clock, handshakeMs: HANDSHAKE_MS }, handlers),
      })
    return new Map(config.tokens.map((token) => [token, create(token)]))
  }

  #tell(fact: Fact): void {
    this.#board.apply(fact)
    this.#journal.tell(fact)
    this.#applyToMetrics(fact)
    this.#options.listener?.(fact)
    if (fact.type === 'registration' && fact.state === 'refused') this.#noticeRefusal()
  }

  #noticeRefusal(): void {
    const { total, refused } = totalsOf(this.#board)
    if (refused === total) this.#options.onAllRefused?.()
  }

  /** Folds one probe's result into the gate, acts on a change, and says when to probe again. */
  #judge(result: ProbeResult): number {
    const { config, clock } = this.#options
    const before = this.#gate
    const nowMs = clock.now()
    const gate = judge(before, result, nowMs, config.probe)
    this.#gate = gate
    this.#tell({ type: 'probed', result })
    if (gate.health !== before.health || gate.reason !== before.reason) {
      this.#tell({
        type: 'puppet',
        health: gate.health,
        reason: gate.reason,
        damping: dampingOf(gate, nowMs),
      })
    }
    if (gate.health !== before.health) this.#turn(gate.health === 'healthy')
    return pauseAfter(gate, config.probe)
  }

  #turn(healthy: boolean): void {
    for (const registrar of this.#registrars.values()) {
      if (healthy) registrar.want()
      else registrar.withdraw()
    }
    if (healthy) void this.#checkTokens()
  }

  /** The deep truth beside the gate: whether the puppet would let a client with this token in. It decides nothing. */
  async #checkTokens(): Promise<void> {
    const { clock, config } = this.#options
    if (!(this.#probe instanceof GrpcProbe)) return
    for (const token of this.#registrars.keys()) {
      if (this.#stop.signal.aborted || this.#gate.health !== 'healthy') return
      const limit = deadline(clock, config.probe.timeoutMs, this.#stop.signal)
      const accepted = await this.#probe.acceptsToken(token, limit.signal)
      limit.release()
      this.#tell({ type: 'tokenChecked', id: publicName(token), accepted })
    }
  }

  #routes(): readonly Route[] {
    const { config, version, clock } = this.#options
    return [
      { method: 'GET', path: '/livez', handle: () => textAnswer(200, 'alive') },
      {
        method: 'GET',
        path: '/readyz',
        handle: (query) => {
          const checks = readinessChecks(this.#board)
          const ready = checks.every(({ ok }) => ok)
          const lines = checks.map(({ name, ok, detail }) => `[${ok ? '+' : '-'}] ${name}: ${detail}`)
          const brief = ready ? ['ready'] : lines.filter((line) => line.startsWith('[-]'))
          return textAnswer(ready ? 200 : 503, (query.has('verbose') ? lines : brief).join('\n'))
        },
      },
      {
        method: 'GET',
        path: '/status',
        handle: (query) => {
          const nowMs = clock.now()
          const offset = Math.max(0, Math.trunc(Number(query.get('offset') ?? 0)) || 0)
          const damping = dampingOf(this.#gate, nowMs)
          const uptimeMs = nowMs - this.#startedMs
          const body = report(this.#board, { config, version, nowMs, uptimeMs, offset, damping })
          return { status: 200, contentType: 'application/json', body: `${JSON.stringify(body, null, 2)}\n` }
        },
      },
    ]
  }
}
