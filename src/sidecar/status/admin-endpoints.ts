import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pause } from '../../lib/clock.ts'
import { serveAdmin } from '../../ops/admin-server.ts'
import type { SidecarEvent } from '../events.ts'
import type { Metrics } from './metrics.ts'
import { adminRoutes, type RoutesOptions } from './routes.ts'

/** What is shown, and what takes secrets out of it. */
export interface AdminEndpointsOptions extends Omit<RoutesOptions, 'metrics'> {
  readonly redact: (text: string) => string
}

/** How long answers may take at the end, in milliseconds. */
const ANSWER_MS = 100

/** The sidecar's endpoints and the metrics behind them, whose library is loaded only where there are endpoints. */
export class AdminEndpoints {
  readonly #options: AdminEndpointsOptions
  /** Facts that came before the metrics were there; undefined where nobody will ask. */
  #early: SidecarEvent[] | undefined = []
  #metrics: Metrics | undefined
  #server: Server | undefined

  constructor(options: AdminEndpointsOptions) {
    this.#options = options
    if (options.config.admin.port === 0) this.#early = undefined
  }

  record(event: SidecarEvent): void {
    if (this.#metrics === undefined) this.#early?.push(event)
    else this.#metrics.apply(event)
  }

  /** Opens the endpoints, if there are to be any. Rejects if their port cannot be had. */
  async start(): Promise<void> {
    const { config, sidecarState, version, redact } = this.#options
    if (config.admin.port === 0) return
    const { createMetrics } = await import('./metrics.ts')
    const metrics = createMetrics(sidecarState, version)
    for (const event of this.#early ?? []) metrics.apply(event)
    this.#early = undefined
    this.#metrics = metrics
    const routes = adminRoutes({ ...this.#options, metrics })
    this.#server = await serveAdmin({ ...config.admin, routes, redact })
  }

  /** Where the endpoints listen; undefined if they are off. */
  get address(): AddressInfo | undefined {
    return (this.#server?.address() as AddressInfo | null) ?? undefined
  }

  /** Closes the endpoints. An answer that is on its way, to a drain for example, has a moment to get out. */
  async stop(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    const patience = new AbortController()
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeIdleConnections()
    await Promise.race([closed, pause(this.#options.clock, ANSWER_MS, patience.signal)])
    patience.abort()
    server.closeAllConnections()
  }
}
