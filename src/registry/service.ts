import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../lib/clock.ts'
import type { CertificateFiles, KeyPair } from '../net/key-pair.ts'
import { type Answer, type Route, serveAdmin, textAnswer } from '../ops/admin-server.ts'
import type { Log } from '../ops/log.ts'
import { CertificateFollower } from './certificate.ts'
import { EventLog } from './event-log.ts'
import type { RegistryEvent } from './events.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { type RegistryOptions, RegistryServer } from './server.ts'
import { statusReport } from './status-report.ts'

export interface RegistryServiceOptions extends Omit<RegistryOptions, 'onEvent'> {
  readonly version: string
  readonly log: Log
  /** The certificate in use, and its files; undefined without TLS. */
  readonly tls: { readonly files: CertificateFiles; readonly pair: KeyPair } | undefined
  /** Over how long registrants are sent away, in milliseconds. */
  readonly drainMs: number
  /** Port 0: no endpoints. */
  readonly admin: { readonly host: string; readonly port: number }
  /** Why the list is not in use as its file is now; undefined without a list. */
  readonly listProblems: () => readonly string[] | undefined
}

/** A registry with its log, its metrics, its endpoints, and a certificate that is renewed. */
export class RegistryService {
  readonly server: RegistryServer
  readonly #options: RegistryServiceOptions
  readonly #clock: Clock
  readonly #startedMs: number
  readonly #eventLog: EventLog
  readonly #certificate: CertificateFollower | undefined
  readonly #metrics: Metrics
  #admin: Server | undefined
  #listening: readonly { address: string; port: number; tls: boolean }[] = []
  #draining = false

  constructor(options: RegistryServiceOptions) {
    const { clock, log, tls, version } = options
    this.#options = options
    this.#clock = clock
    this.#startedMs = clock.now()
    this.#eventLog = new EventLog(log, clock)
    this.server = new RegistryServer({ ...options, onEvent: (event) => this.#record(event) })
    this.#certificate =
      tls &&
      new CertificateFollower({
        ...tls,
        clock,
        onRenewed: (pair) => this.server.renew(pair),
        onState: (state) => this.#record({ type: 'certificate', ...state }),
      })
    const certificate = this.#certificate
    this.#metrics = createMetrics(this.server, version, certificate && (() => certificate.state.expires))
  }

  /** Listens; rejects when it cannot, and listens on nothing then. */
  async start(): Promise<void> {
    const { admin, log, listen } = this.#options
    try {
      const addresses: readonly AddressInfo[] = await this.server.start()
      this.#listening = addresses.map(({ address, port }, index) => {
        return { address, port, tls: listen[index]?.tls !== undefined }
      })
      if (admin.port !== 0) {
        this.#admin = await serveAdmin({ ...admin, routes: this.#routes(), redact: (text) => text })
      }
    } catch (error) {
      await this.server.stop()
      throw error
    }
    for (const address of this.#listening) log.info(address, 'registry listens')
    if (this.#certificate === undefined) return
    this.#record({ type: 'certificate', ...this.#certificate.state })
    this.#certificate.start()
  }

  /** Reads the certificate's files now. */
  async reload(): Promise<void> {
    await this.#certificate?.refresh()
  }

  /** Sends every registrant away, and ends. */
  async drain(): Promise<void> {
    this.#draining = true
    this.#record({ type: 'draining', registrants: this.server.table.size })
    this.#certificate?.stop()
    await this.server.stop(this.#options.drainMs)
    this.#eventLog.end()
    const admin = this.#admin
    if (admin === undefined) return
    const closed = new Promise((resolve) => admin.close(resolve))
    admin.closeAllConnections()
    await closed
  }

  #record(event: RegistryEvent): void {
    this.#metrics.apply(event)
    this.#eventLog.record(event)
  }

  #routes(): readonly Route[] {
    const get = (path: string, handle: Route['handle']): Route => ({ method: 'GET', path, handle })
    return [
      get('/livez', () => textAnswer(200, 'alive')),
      get('/readyz', (query) => this.#readiness(query.has('verbose'))),
      get('/status', (query) => this.#status(query.get('offset'))),
      get('/metrics', async () => {
        const { text, contentType } = await this.#metrics.expose()
        return { status: 200, contentType, body: text }
      }),
    ]
  }

  #readiness(verbose: boolean): Answer {
    const words = this.#draining ? 'draining' : 'ready'
    const checks = [
      `[+] listening: ${this.#listening.length} ports`,
      `[${this.#draining ? '-' : '+'}] ${words}`,
    ]
    return textAnswer(this.#draining ? 503 : 200, verbose ? checks.join('\n') : words)
  }

  #status(offset: string | null): Answer {
    const { version, listProblems, reachability = 'off' } = this.#options
    const nowMs = this.#clock.now()
    const body = statusReport(this.server, {
      version,
      uptimeMs: nowMs - this.#startedMs,
      nowMs,
      date: this.#clock.date(),
      draining: this.#draining,
      reachability,
      listening: this.#listening,
      listProblems: listProblems(),
      certificate: this.#certificate?.state,
      offset: Math.max(0, Math.trunc(Number(offset ?? 0)) || 0),
    })
    return { status: 200, contentType: 'application/json', body: `${JSON.stringify(body, null, 2)}\n` }
  }
}
