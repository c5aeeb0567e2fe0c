import type { AddressInfo } from 'node:net'
import { openFileLimit, roomForConnections, tooFewOpenFiles } from '../config/open-file-limit.ts'
import type { Config } from '../config/sidecar-config.ts'
import { inBackground } from '../lib/background.ts'
import { type Clock, withTimeLimit } from '../lib/clock.ts'
import type { Problem } from '../lib/problem.ts'
import { NameResolver } from '../net/name-resolver.ts'
import { RegistryTransport } from '../net/registry-transport.ts'
import type { AdminServer } from '../ops/admin-server.ts'
import type { Log } from '../ops/log.ts'
import { recordedLog } from '../ops/recorded-log.ts'
import { publicName, type Redactor } from '../ops/redactor.ts'
import { serverNamesOf } from '../tokens/server-name.ts'
import { isUsableToken } from '../tokens/validate.ts'
import type { SidecarEvent, SidecarEventListener } from './events.ts'
import type { GatewayServer } from './gateway/server.ts'
import { TokenCheck } from './probe/token-check.ts'
import { PuppetMonitor } from './puppet-monitor.ts'
import { createRegistrations } from './registration/create-registrations.ts'
import { loadWebSocket } from './registration/open-socket.ts'
import type { Registrations } from './registration/registrations.ts'
import { EventLog } from './status/event-log.ts'
import { createAdminServer } from './status/routes.ts'
import { SidecarHistory } from './status/sidecar-history.ts'
import { SidecarState } from './status/sidecar-state.ts'
import { TokenSet } from './token-set.ts'

export interface SidecarOptions {
  readonly config: Config
  /** What was noticed about the configuration, and has been told already; default: nothing. */
  readonly warnings?: readonly Problem[]
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

/** The inputs, the desired state, and what is reconciled to it: the only place that knows all rooms of the sidecar. */
export class Sidecar {
  readonly #options: SidecarOptions
  readonly #resolver: NameResolver
  readonly #state: SidecarState
  readonly #eventLog: EventLog
  readonly #adminServer: AdminServer<SidecarEvent>
  readonly #puppet: PuppetMonitor
  readonly #tokens: TokenSet
  readonly #tokenCheck: TokenCheck
  readonly #registryTransport: RegistryTransport
  readonly #registrations: Registrations
  #draining = false
  #gateway: GatewayServer | undefined

  constructor(options: SidecarOptions) {
    const { config, clock, version, redactor } = options
    this.#resolver = new NameResolver({ clock })
    this.#state = new SidecarState(clock, options.warnings)
    const history = config.admin.port ? new SidecarHistory(this.#state, clock, redactor.redact) : undefined
    const log = recordedLog(options.log, history?.history)
    this.#options = { ...options, log }
    this.#eventLog = new EventLog(log, clock, this.#state)
    this.#adminServer = createAdminServer({
      sidecarState: this.#state,
      config,
      version,
      clock,
      redact: redactor.redact,
      startedMs: clock.now(),
      damping: () => this.#puppet.damping,
      drain: () => this.drain(),
      quit: () => options.onQuit?.(),
      history,
    })
    const emit: SidecarEventListener = (event) => this.#emit(event)
    this.#puppet = new PuppetMonitor({
      config,
      clock,
      resolver: this.#resolver,
      serverNames: () => serverNamesOf(this.#tokens.tokens),
      emit,
      token: () => this.#tokens.tokens[0],
      onChange: () => {
        this.#reconcile()
        this.#checkTokens(this.#tokens.tokens)
      },
      onNetworkGone: () => options.onNetworkGone?.(),
    })
    this.#tokenCheck = new TokenCheck({
      clock,
      timeoutMs: config.probe.timeoutMs,
      // It may have gone since it was to be asked about.
      ask: async (token, signal) =>
        this.#registrations.has(publicName(token)) ? this.#puppet.acceptsToken(token, signal) : null,
      onAnswer: (token, accepted) => this.#emit({ type: 'tokenChecked', id: publicName(token), accepted }),
    })
    this.#registryTransport = new RegistryTransport({
      registry: config.registry,
      lookup: this.#resolver.lookup,
      clock,
      onRenewed: (warnings) => {
        log.info('other certificates are in REGISTRAR_REGISTRY_CA_FILE: new connections use them')
        emit({ type: 'certificates', trouble: undefined, warnings })
      },
      onTrouble: (trouble) => emit({ type: 'certificates', trouble }),
    })
    this.#registrations = createRegistrations({
      config,
      transport: this.#registryTransport.transport,
      clock,
      capacity: roomForConnections(openFileLimit()),
      redact: redactor.redact,
      onEvent: emit,
    })
    this.#tokens = new TokenSet({
      tokens: config.tokens,
      source: config.tokenSource,
      clock,
      emit,
      // What is held now is a secret for a while longer.
      keepSecret: (tokens) => redactor.replace([...this.#registrations.held, ...tokens]),
      onChange: (added) => this.#applyTokens(added),
    })
    this.#applyTokens([])
  }

  /**
   * Begins to probe, and opens the endpoints meanwhile: the first probe is on its way while the rest is loaded. Rejects if
   * a port cannot be had; nothing goes on then.
   */
  async start(): Promise<void> {
    this.#puppet.start()
    this.#tokens.start()
    this.#registryTransport.start()
    inBackground(loadWebSocket())
    try {
      // First: a gateway that finds no server ends, and says that all is well.
      await this.#openGateway()
      await this.#adminServer.start()
    } catch (error) {
      await this.#shutDown()
      throw error
    }
  }

  /** Where the endpoints listen; undefined if they are off. */
  get adminAddress(): AddressInfo | undefined {
    return this.#adminServer.address
  }

  /** Reads the tokens again now, and logs what came of it. */
  async reload(): Promise<void> {
    const { log } = this.#options
    const [problems] = await Promise.all([this.#tokens.refresh(), this.#registryTransport.refresh()])
    if (problems === undefined) return log.info('there is no file of tokens to read again')
    if (this.#draining) return
    if (problems.length === 0) log.info('the tokens have been read again')
    else log.warn({ problems }, 'the tokens have been read again, and stay as they are')
  }

  /**
   * Withdraws every token for good; probe and endpoints go on. Resolves with whether nothing is registered any more, at the
   * latest when `REGISTRAR_DRAIN_TIMEOUT` has passed. May be called again.
   */
  drain(): Promise<boolean> {
    if (!this.#draining) this.#emit({ type: 'draining' })
    return this.#withdrawAll()
  }

  /** Drains, and ends. Resolves as `drain` does. */
  end(): Promise<boolean> {
    if (!this.#draining) this.#emit({ type: 'draining' })
    return this.#shutDown()
  }

  async #shutDown(): Promise<boolean> {
    // At most REGISTRAR_DRAIN_TIMEOUT. Nothing is probed meanwhile.
    const withdrawal = this.#withdrawAll()
    this.#puppet.stop()
    const isWithdrawn = await withdrawal
    // At once: the gateway comes back to the next sidecar.
    this.#gateway?.close()
    // At most 100 ms, for the answer of a drain that is on its way.
    await this.#adminServer.stop()
    this.#eventLog.end()
    return isWithdrawn
  }

  async #withdrawAll(): Promise<boolean> {
    const { clock, config } = this.#options
    this.#draining = true
    this.#tokens.stop()
    this.#registryTransport.stop()
    this.#reconcile()
    const withdrawn = this.#registrations.ended().then(() => true)
    return (await withTimeLimit(clock, config.drainTimeoutMs, withdrawn)) ?? false
  }

  /** All inputs come together here: the desired state follows from them. */
  #reconcile(): void {
    const mode = this.#draining ? 'shutdown' : this.#puppet.isHealthy ? 'register' : 'unhealthy'
    if (mode !== 'register') this.#tokenCheck.cancel()
    this.#registrations.reconcile({ tokens: this.#tokens.tokens, mode })
  }

  #applyTokens(added: readonly string[]): void {
    this.#emit({ type: 'openFiles', tooFew: tooFewOpenFiles(this.#tokens.tokens.length, openFileLimit()) })
    this.#reconcile()
    this.#checkTokens(added)
  }

  async #openGateway(): Promise<void> {
    const { clock, config } = this.#options
    if (config.gateway === undefined) return
    const { createGateway } = await import('./gateway/gateway.ts')
    this.#gateway = createGateway({
      ...config.gateway,
      clock,
      resolve: (host) => this.#resolver.addresses(host),
      puppet: config.puppet,
      isToken: isUsableToken,
      nameOf: publicName,
      emit: (event) => this.#emit(event),
      adopt: config.tokens.length === 0 ? (tokens) => this.#tokens.replace(tokens) : undefined,
      wake: () => this.#puppet.probeSoon(),
    })
    await this.#gateway.open()
  }

  #checkTokens(tokens: readonly string[]): void {
    if (this.#puppet.isHealthy && !this.#draining) this.#tokenCheck.ask(tokens)
  }

  /** What happened goes to all who show it; nothing comes back from them. */
  #emit(event: SidecarEvent): void {
    this.#state.apply(event)
    this.#eventLog.record(event)
    this.#adminServer.record(event)
    this.#options.listener?.(event)
    const mayBeLast = event.type === 'gone' || (event.type === 'registration' && event.state === 'refused')
    if (mayBeLast && this.#registrations.areAllRefused) this.#options.onAllRefused?.()
  }
}
