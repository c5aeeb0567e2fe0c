import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { History } from '../history/history.ts'
import { type Clock, withTimeLimit } from '../lib/clock.ts'
import { historyAnswer } from './history-answer.ts'
import { type Route, serveEndpoints, textAnswer } from './http-endpoints.ts'
import type { EventMetrics } from './metric-set.ts'
import { type PageName, pageRoutes } from './page-routes.ts'
import { redactedJson } from './redacted-json.ts'
import { readTokenQuery, type TokenQuery } from './token-query.ts'
import { UpdateStream } from './update-stream.ts'

/** What `/readyz` answers, in short and for `?verbose`. */
export interface Readiness {
  readonly ready: boolean
  readonly brief: string
  readonly verbose: string
}

export interface PageOptions<Event> {
  readonly name: PageName
  readonly history: History
  /** Takes an event in. Says whether there is something new to look at. */
  readonly record: (event: Event) => boolean
}

/** Where endpoints are, and by which names. */
export interface AdminServerAddress {
  readonly host: string
  /** 0: there are no endpoints. */
  readonly port: number
  /** Names by which the endpoints may be asked, beside this machine's. */
  readonly allowedHosts: readonly string[]
}

export interface AdminServerOptions<Event> extends AdminServerAddress {
  readonly clock: Clock
  /** Takes secrets out of each body, of JSON out of its texts. */
  readonly redact: (text: string) => string
  readonly readiness: () => Readiness
  readonly status: (query: TokenQuery) => Record<string, unknown>
  /** Makes the metrics. Called once, and only where there are endpoints: their library is large. */
  readonly loadMetrics: () => Promise<EventMetrics<Event>>
  /** The page at `/`, and the past that it shows; undefined: there is no page. */
  readonly page?: PageOptions<Event> | undefined
  /** Endpoints beside those that all commands have. */
  readonly routes?: readonly Route[]
}

/** How long answers may take at the end, in milliseconds. */
const ANSWER_MS = 100

/** The HTTP endpoints of a command (`/livez`, `/readyz`, `/status`, `/metrics`), and the metrics behind them. */
export class AdminServer<Event> {
  readonly #options: AdminServerOptions<Event>
  /** Events that came before the metrics were there; undefined where there are no endpoints. */
  #early: Event[] | undefined
  #metrics: EventMetrics<Event> | undefined
  #server: Server | undefined
  readonly #updates: UpdateStream

  constructor(options: AdminServerOptions<Event>) {
    this.#options = options
    this.#early = options.port === 0 ? undefined : []
    this.#updates = new UpdateStream({ clock: options.clock, snapshot: (sinceMs) => this.#snapshot(sinceMs) })
    options.page?.history.onLine(() => this.#updates.changed())
  }

  record(event: Event): void {
    if (this.#metrics === undefined) this.#early?.push(event)
    else this.#metrics.apply(event)
    if (this.#options.page?.record(event)) this.#updates.changed()
  }

  /** Opens the endpoints, if there are to be any. Rejects if their port cannot be had. */
  async start(): Promise<void> {
    const { clock, host, port, allowedHosts, redact, loadMetrics, routes = [] } = this.#options
    if (port === 0) return
    const metrics = await loadMetrics()
    for (const event of this.#early ?? []) metrics.apply(event)
    this.#early = undefined
    this.#metrics = metrics
    this.#server = await serveEndpoints({
      clock,
      host,
      port,
      allowedHosts,
      redact,
      routes: [...this.#commonRoutes(metrics), ...this.#pageRoutes(), ...routes],
    })
  }

  /** Where the endpoints listen; undefined if they are off. */
  get address(): AddressInfo | undefined {
    return (this.#server?.address() as AddressInfo | null) ?? undefined
  }

  /** Closes the endpoints. An answer that is on its way, to a drain for example, has a moment to get out. */
  async stop(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    const closed = new Promise((resolve) => server.close(resolve))
    this.#updates.end()
    server.closeIdleConnections()
    await withTimeLimit(this.#options.clock, ANSWER_MS, closed)
    server.closeAllConnections()
  }

  #pageRoutes(): readonly Route[] {
    const { page, redact } = this.#options
    if (page === undefined) return []
    return [
      ...pageRoutes(page.name),
      {
        method: 'GET',
        path: '/history',
        costly: true,
        verbatim: true,
        handle: (query) => historyAnswer(page.history, query.get('since'), redact),
      },
      {
        method: 'GET',
        path: '/updates',
        costly: true,
        handle: () =>
          this.#updates.isFull
            ? textAnswer(503, 'too many pages are open: ask /status and /history from time to time')
            : { contentType: 'text/event-stream', stream: this.#updates.open() },
      },
    ]
  }

  /** What a page shows: the status, and of the past what it does not know yet. */
  #snapshot(sinceMs: number | undefined): string {
    const { page, redact, status } = this.#options
    const now = status({ offset: 0, limit: 1, text: '' })
    return redactedJson({ status: now, history: page?.history.report(sinceMs) }, redact)
  }

  #commonRoutes(metrics: EventMetrics<Event>): readonly Route[] {
    const { readiness, redact, status } = this.#options
    return [
      { method: 'GET', path: '/livez', anyHost: true, handle: () => textAnswer(200, 'alive') },
      {
        method: 'GET',
        path: '/readyz',
        anyHost: true,
        handle: (query) => {
          const { ready, brief, verbose } = readiness()
          return textAnswer(ready ? 200 : 503, query.has('verbose') ? verbose : brief)
        },
      },
      {
        method: 'GET',
        path: '/status',
        costly: true,
        verbatim: true,
        handle: (query) => {
          const body = `${redactedJson(status(readTokenQuery(query, redact)), redact, 2)}\n`
          return { status: 200, contentType: 'application/json', body }
        },
      },
      {
        method: 'GET',
        path: '/metrics',
        costly: true,
        anyHost: true,
        // No label holds what the outside can make up, and a token that is like a name or a number of a metric must not break it.
        verbatim: true,
        handle: async () => {
          const { text, contentType } = await metrics.expose()
          return { status: 200, contentType, body: text }
        },
      },
    ]
  }
}
