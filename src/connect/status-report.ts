import { statusPage } from '../ops/status-page.ts'
import type { ConnectServer } from './server.ts'

export interface StatusReportOptions {
  readonly version: string
  readonly uptimeMs: number
  readonly draining: boolean
  /** How many tokens to skip. */
  readonly offset: number
}

/** The body of `/status`. */
export function statusReport(server: ConnectServer, options: StatusReportOptions): Record<string, unknown> {
  const { version, uptimeMs, draining, offset } = options
  const group = { size: server.listeners.length, tokens: server.listeners }
  return {
    version,
    uptimeSeconds: Math.floor(uptimeMs / 1000),
    draining,
    connections: server.open,
    tokens: statusPage([group], offset).map(({ id, address: { host, port }, bots }) => {
      return { id, listen: `${host}:${port}`, connections: bots.size }
    }),
  }
}
