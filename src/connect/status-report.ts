import { hostPort } from '../net/host-port.ts'
import { selectTokens, type TokenQuery } from '../ops/token-query.ts'
import type { ConnectState } from './connect-state.ts'
import type { Listener } from './listener.ts'
import { troubleOf } from './puppet-state.ts'

export interface StatusReportOptions {
  readonly version: string
  readonly uptimeMs: number
  readonly draining: boolean
  /** The registry's base URL. */
  readonly registry: URL
  /** Connections of bots that are open, those of addresses that are gone included. */
  readonly connections: number
  readonly listeners: readonly Listener[]
  /** Monotonic now, in milliseconds, and the same moment for people. */
  readonly nowMs: number
  readonly date: Date
  /** Which tokens to show. */
  readonly query: TokenQuery
}

/** The body of `/status`. */
export function statusReport(state: ConnectState, options: StatusReportOptions): Record<string, unknown> {
  const { listeners } = options
  const isTroubled = ({ id }: Listener): boolean => state.troubled.has(id)
  const groups = [listeners.filter(isTroubled), listeners.filter((each) => !isTroubled(each))].map(
    (tokens) => ({ size: tokens.length, tokens }),
  )
  const { tokens, matching } = selectTokens(groups, options.query, ({ id, address }) => {
    const trouble = troubleOf(state.puppet(id))
    return [id, hostPort(address), trouble?.code, trouble?.reason].join(' ')
  })
  return {
    version: options.version,
    uptimeSeconds: Math.floor(options.uptimeMs / 1000),
    draining: options.draining,
    problems: state.problems().map(({ sinceMs, ...problem }) => {
      return { ...problem, since: isoOf(sinceMs, options) }
    }),
    registry: { url: options.registry.href },
    connections: options.connections,
    matching,
    tokens: tokens.map(({ id, address, bots }) => {
      return {
        id,
        listen: hostPort(address),
        connections: bots.size,
        puppet: puppetReport(state, id, options),
      }
    }),
  }
}

function puppetReport(
  connectState: ConnectState,
  id: string,
  options: StatusReportOptions,
): Record<string, unknown> {
  const puppet = connectState.puppet(id)
  const { state, endpoint, tls, sinceMs, sentAway } = puppet
  const trouble = troubleOf(puppet) ?? puppet.mismatching
  return {
    state,
    host: endpoint?.host ?? null,
    port: endpoint?.port ?? null,
    tls,
    since: isoOf(sinceMs, options),
    code: trouble?.code ?? null,
    reason: trouble?.reason ?? '',
    sentAway,
  }
}

/** A moment by the clock, for people. */
function isoOf(atMs: number, { nowMs, date }: StatusReportOptions): string {
  return new Date(date.getTime() - (nowMs - atMs)).toISOString()
}
