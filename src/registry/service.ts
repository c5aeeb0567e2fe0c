import type { CertificateFiles, KeyPair } from '../net/key-pair.ts'
import { KeyPairFollower } from '../net/key-pair-follower.ts'
import { AdminServer, type AdminServerAddress, type Readiness } from '../ops/admin-server.ts'
import type { Log } from '../ops/log.ts'
import { recordedLog } from '../ops/recorded-log.ts'
import type { Redactor } from '../ops/redactor.ts'
import type { TokenQuery } from '../ops/token-query.ts'
import { clusterInWords } from './cluster-state.ts'
import { EventLog } from './event-log.ts'
import type { ListChange, RegistryEvent } from './events.ts'
import type { RegistryOptions } from './options.ts'
import { RegistryHistory } from './registry-history.ts'
import type { FileTrouble } from './registry-problems.ts'
import { RegistryServer } from './server.ts'
import { statusReport } from './status-report.ts'

export interface RegistryServiceOptions extends Omit<RegistryOptions, 'onEvent'> {
  readonly version: string
  readonly log: Log
  /** Keeps tokens out of the log and the endpoints. It knows those of the list already. */
  readonly redactor: Redactor
  /** The certificate in use, and its files, which are followed; undefined without TLS. */
  readonly tls: { readonly files: CertificateFiles; readonly pair: KeyPair } | undefined
  /** Over how long registrations are closed at the end, in milliseconds. */
  readonly drainMs: number
  /** Port 0: no endpoints. */
  readonly admin: AdminServerAddress
  /** Why the list is not in use as its file is now; undefined without a list. */
  readonly listTrouble: () => FileTrouble | undefined
}

/** A registry with its log, its metrics, its endpoints, and a certificate that is renewed. */
export class RegistryService {
  readonly server: RegistryServer
  readonly #options: RegistryServiceOptions
  readonly #startedMs: number
  readonly #eventLog: EventLog
  readonly #certificate: KeyPairFollower | undefined
  readonly #admin: AdminServer<RegistryEvent>
  #listening: readonly { address: string; port: number; tls: boolean }[] = []
  #draining = false
  /** Since when the certificate is in its state. */
  #certificateSince: Date

  constructor(options: RegistryServiceOptions) {
    const { clock, tls, redactor } = options
    this.#startedMs = clock.now()
    this.#certificateSince = clock.date()
    const history =
      options.admin.port === 0 ? undefined : new RegistryHistory(() => this.server, clock, redactor.redact)
    const log = recordedLog(options.log, history?.history)
    this.#options = { ...options, log }
    this.#eventLog = new EventLog(log, clock)
    this.server = new RegistryServer({ ...options, onEvent: (event) => this.#record(event) })
    this.#certificate =
      tls &&
      new KeyPairFollower({
        ...tls,
        clock,
        onRenewed: (pair) => this.server.renew(pair),
        onState: (state) => this.#record({ type: 'certificate', ...state }),
      })
    const certificate = this.#certificate
    this.#admin = new AdminServer({
      ...options.admin,
      clock,
      redact: redactor.redact,
      readiness: () => this.#readiness(),
      status: (query) => this.#status(query),
      page: history && {
        name: 'registry',
        history: history.history,
        record: (event) => history.record(event),
      },
      loadMetrics: async () => {
        const { createMetrics } = await import('./metrics.ts')
        return createMetrics(this.server, options.version, certificate && (() => certificate.state.expires))
      },
    })
  }

  /** Listens; rejects when it cannot, and listens on nothing then. */
  async start(): Promise<void> {
    const { log, listen } = this.#options
    try {
      // First, so that registrants are counted from the first one on.
      await this.#admin.start()
      const addresses = await this.server.start()
      this.#listening = addresses.map(({ address, port }, index) => {
        return { address, port, tls: listen[index]?.tls !== undefined }
      })
    } catch (error) {
      await this.server.stop()
      await this.#admin.stop()
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

  /** To be told when the list's file was read again. */
  listChanged(change: ListChange): void {
    this.#record({ type: 'list', ...change })
  }

  /** Closes every registration, and ends. */
  async drain(): Promise<void> {
    this.#draining = true
    this.#record({ type: 'draining', registrants: this.server.table.size })
    this.#certificate?.stop()
    await this.server.stop(this.#options.drainMs)
    this.#eventLog.end()
    await this.#admin.stop()
  }

  #record(event: RegistryEvent): void {
    if (event.type === 'certificate') this.#certificateSince = this.#options.clock.date()
    this.#admin.record(event)
    this.#eventLog.record(event)
  }

  #readiness(): Readiness {
    const listens = this.#listening.length > 0
    const ready = listens && !this.#draining
    const brief = this.#draining ? 'draining' : listens ? 'ready' : 'starting'
    const mark = (isTrue: boolean): string => (isTrue ? '[+]' : '[-]')
    const cluster = this.server.cluster?.state
    const lines = [
      `${mark(listens)} listening: ${this.#listening.length} ports`,
      // It says nothing about readiness: what is here is served, and elsewhere it would be the same.
      ...(cluster ? [`${mark(cluster.degraded === undefined)} ${clusterInWords(cluster)}`] : []),
      `${mark(ready)} ${brief}`,
    ]
    return { ready, brief, verbose: lines.join('\n') }
  }

  #status(query: TokenQuery): Record<string, unknown> {
    const { clock, version, listTrouble, reachability = 'off' } = this.#options
    const certificate = this.#certificate?.state
    const nowMs = clock.now()
    return statusReport(this.server, {
      version,
      uptimeMs: nowMs - this.#startedMs,
      nowMs,
      date: clock.date(),
      draining: this.#draining,
      reachability,
      listening: this.#listening,
      list: listTrouble(),
      certificate: certificate && { ...certificate, since: this.#certificateSince },
      query,
    })
  }
}
