import type { AddressInfo } from 'node:net'
import type { BotAddress } from '../config/connect-listen.ts'
import { AdminServer, type AdminServerAddress } from '../ops/admin-server.ts'
import { type Answer, textAnswer } from '../ops/http-endpoints.ts'
import type { Log } from '../ops/log.ts'
import { publicName, type Redactor } from '../ops/redactor.ts'
import type { TokenQuery } from '../ops/token-query.ts'
import { ConnectState } from './connect-state.ts'
import { EventLog } from './event-log.ts'
import type { ConnectEvent } from './events.ts'
import type { ConnectOptions } from './options.ts'
import { PuppetWatch } from './puppet-watch.ts'
import { readiness } from './readiness.ts'
import { ConnectServer } from './server.ts'
import { statusReport } from './status-report.ts'

export interface ConnectServiceOptions extends Omit<ConnectOptions, 'onEvent' | 'adminAddress'> {
  readonly version: string
  readonly log: Log
  readonly redactor: Redactor
  /** How long open connections may go on at the end, in milliseconds. */
  readonly drainTimeoutMs: number
  /** Port 0: no endpoints. */
  readonly admin: AdminServerAddress
  /** Called when the process is to end, as `/quitquitquit` asked. */
  readonly onQuit: () => void
}

/** As many addresses have lines of their own at the start. */
const LISTED = 10

/** `connect` with its log, its metrics and its endpoints. */
export class ConnectService {
  readonly #options: ConnectServiceOptions
  readonly #startedMs: number
  readonly #state: ConnectState
  readonly #eventLog: EventLog
  readonly #server: ConnectServer
  readonly #watch: PuppetWatch
  readonly #admin: AdminServer<ConnectEvent>
  #listens = false
  #drained: Promise<void> | undefined

  constructor(options: ConnectServiceOptions) {
    const { clock, log, redactor, version } = options
    this.#options = options
    this.#startedMs = clock.now()
    this.#eventLog = new EventLog(log, clock)
    this.#state = new ConnectState(clock)
    this.#server = new ConnectServer({
      ...options,
      adminAddress: () => this.#admin.address,
      onEvent: (event) => this.record(event),
    })
    const [server, state] = [this.#server, this.#state]
    this.#updateTokens()
    this.#watch = new PuppetWatch({
      clock,
      finders: () => server.listeners,
      troubled: () => state.troubled,
    })
    this.#admin = new AdminServer({
      ...options.admin,
      clock,
      redact: redactor.redact,
      readiness: () => {
        const listening = this.#listens ? server.listeners.length : 0
        return readiness(state, { listening, draining: this.#draining })
      },
      status: (query) => this.#status(query),
      loadMetrics: async () => (await import('./metrics.ts')).createMetrics(server, state, version),
      routes: [
        { method: 'POST', path: '/drain', local: true, handle: () => this.#answerDrain() },
        { method: 'POST', path: '/quitquitquit', local: true, handle: () => this.#answerQuit() },
      ],
    })
  }

  get #draining(): boolean {
    return this.#drained !== undefined
  }

  /** Those that bots reach now. */
  get tokens(): readonly string[] {
    return this.#server.listeners.map(({ address }) => address.token)
  }

  /** Listens; rejects when it cannot, and listens on nothing then. */
  async start(): Promise<void> {
    try {
      await this.#admin.start()
      this.#logAddresses(await this.#server.start())
      this.#listens = true
    } catch (error) {
      await this.#admin.stop()
      throw error
    }
    this.#watch.start()
  }

  /** The addresses are these from now on; rejects when one of them cannot be listened on, and all stays as it is then. */
  async replace(addresses: readonly BotAddress[]): Promise<void> {
    if (this.#draining) return
    const before = new Map(this.#server.listeners.map((listener) => [listener, listener.id]))
    // What happens at a new address is kept from its first moment on.
    this.#state.setTokens([...before.values(), ...addresses.map(({ token }) => publicName(token))])
    try {
      await this.#server.replace(addresses)
    } finally {
      this.#updateTokens()
    }
    const now = this.#server.listeners
    const added = now.filter((listener) => !before.has(listener)).length
    const removed = before.size - (now.length - added)
    const replaced = now.filter(
      (listener) => before.has(listener) && before.get(listener) !== listener.id,
    ).length
    if (added + removed + replaced === 0) return
    this.#options.log.info(
      { addresses: now.length, added, removed, replaced },
      `addresses changed: ${added} added, ${removed} removed, ${replaced} with another token`,
    )
    this.#watch.start()
  }

  /** Takes no more bots; open connections have a time to end. Nothing is taken any more afterwards. */
  drain(): Promise<void> {
    this.#watch.stop()
    this.#drained ??= this.#server.stop(this.#options.drainTimeoutMs)
    return this.#drained
  }

  /** Drains, and closes the endpoints. */
  async end(): Promise<void> {
    await this.drain()
    this.#eventLog.end()
    await this.#admin.stop()
  }

  readonly record = (event: ConnectEvent): void => {
    const change = this.#state.apply(event)
    this.#admin.record(event)
    this.#eventLog.record(event, change)
    if (change !== undefined) this.#watch.wake()
  }

  #logAddresses(addresses: readonly AddressInfo[]): void {
    const { log } = this.#options
    if (addresses.length > LISTED) {
      return log.info(
        { addresses: addresses.length },
        `listening: ${addresses.length} addresses, see /status`,
      )
    }
    for (const [index, { address, port }] of addresses.entries()) {
      const token = this.#server.listeners[index]?.id
      log.info({ token, address, port }, `listening: bots reach this token's puppet at ${address}:${port}`)
    }
  }

  #updateTokens(): void {
    this.#state.setTokens(this.#server.listeners.map(({ id }) => id))
  }

  async #answerDrain(): Promise<Answer> {
    await this.drain()
    return textAnswer(200, 'drained: no connection is open any more')
  }

  async #answerQuit(): Promise<Answer> {
    const answer = await this.#answerDrain()
    this.#options.onQuit()
    return answer
  }

  #status(query: TokenQuery): Record<string, unknown> {
    const { clock, registry, version } = this.#options
    const nowMs = clock.now()
    return statusReport(this.#state, {
      version,
      uptimeMs: nowMs - this.#startedMs,
      draining: this.#draining,
      registry,
      connections: this.#server.open,
      listeners: this.#server.listeners,
      nowMs,
      date: clock.date(),
      query,
    })
  }
}
