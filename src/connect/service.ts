import { AdminServer, type AdminServerAddress, type Readiness } from '../ops/admin-server.ts'
import type { Log } from '../ops/log.ts'
import type { Redactor } from '../ops/redactor.ts'
import { EventLog } from './event-log.ts'
import type { ConnectEvent } from './events.ts'
import type { ConnectOptions } from './options.ts'
import { ConnectServer } from './server.ts'
import { statusReport } from './status-report.ts'

export interface ConnectServiceOptions extends Omit<ConnectOptions, 'onEvent'> {
  readonly version: string
  readonly log: Log
  readonly redactor: Redactor
  /** How long open connections may go on at the end, in milliseconds. */
  readonly drainTimeoutMs: number
  /** Port 0: no endpoints. */
  readonly admin: AdminServerAddress
}

/** `connect` with its log, its metrics and its endpoints. */
export class ConnectService {
  readonly #options: ConnectServiceOptions
  readonly #startedMs: number
  readonly #eventLog: EventLog
  readonly #server: ConnectServer
  readonly #admin: AdminServer<ConnectEvent>
  #listens = false
  #draining = false

  constructor(options: ConnectServiceOptions) {
    const { clock, log, redactor, version } = options
    this.#options = options
    this.#startedMs = clock.now()
    this.#eventLog = new EventLog(log)
    this.#server = new ConnectServer({ ...options, onEvent: (event) => this.#record(event) })
    const server = this.#server
    this.#admin = new AdminServer({
      ...options.admin,
      clock,
      redact: redactor.redact,
      readiness: () => this.#readiness(),
      status: (offset) =>
        statusReport(server, {
          version,
          uptimeMs: clock.now() - this.#startedMs,
          draining: this.#draining,
          offset,
        }),
      loadMetrics: async () => (await import('./metrics.ts')).createMetrics(server, version),
    })
  }

  /** Listens; rejects when it cannot, and listens on nothing then. */
  async start(): Promise<void> {
    const { log, addresses } = this.#options
    try {
      await this.#admin.start()
      for (const [index, { address, port }] of (await this.#server.start()).entries()) {
        const token = this.#server.listeners[index]?.id
        log.info(
          { token, address, port },
          `bots reach this token's puppet at ${addresses[index]?.host}:${port}`,
        )
      }
      this.#listens = true
    } catch (error) {
      await this.#admin.stop()
      throw error
    }
  }

  async drain(): Promise<void> {
    this.#draining = true
    await this.#server.stop(this.#options.drainTimeoutMs)
    await this.#admin.stop()
  }

  #record(event: ConnectEvent): void {
    this.#admin.record(event)
    this.#eventLog.record(event)
  }

  #readiness(): Readiness {
    const ready = this.#listens && !this.#draining
    const brief = this.#draining ? 'draining' : this.#listens ? 'ready' : 'starting'
    return { ready, brief, verbose: `[${ready ? '+' : '-'}] ${brief}` }
  }
}
