import type { Config } from '../config/sidecar.ts'
import type { Damping, RegistrationState } from '../events.ts'
import type { Board, TokenRecord } from './board.ts'
import { totalsOf } from './readiness.ts'

/** Tokens a page of `/status`. */
const PAGE = 100

/** The unhappy first. */
const ORDER: readonly RegistrationState[] = [
  'refused',
  'waiting',
  'connecting',
  'open',
  'closing',
  'idle',
  'stopped',
  'registered',
]

/** What a report needs beside the board. */
export interface ReportOptions {
  readonly config: Pick<Config, 'puppet' | 'probe' | 'registry'>
  readonly version: string
  readonly uptimeMs: number
  /** Monotonic now, in milliseconds. */
  readonly nowMs: number
  /** How much a flapping puppet is held back now. */
  readonly damping: Damping
  /** How many tokens to skip. */
  readonly offset: number
}

/** The body of `/status`. */
export function report(board: Board, options: ReportOptions): Record<string, unknown> {
  const { config, nowMs } = options
  const { puppet } = board
  const tokens = [...board.tokens]
  return {
    version: options.version,
    uptimeSeconds: Math.floor(options.uptimeMs / 1000),
    draining: board.draining,
    puppet: {
      state: puppet.state,
      since: puppet.since.toISOString(),
      reason: puppet.reason,
      host: config.puppet.host,
      port: config.puppet.port,
      probe: config.probe.kind,
      tls: puppet.tls,
      health: puppet.health,
      tokenAccepted: acceptedByAll(tokens),
      damping: { withdrawals: options.damping.withdrawals, holdSeconds: options.damping.holdMs / 1000 },
    },
    registry: { url: config.registry.url.href },
    registrations: totalsOf(board),
    tokens: page(tokens, options.offset).map((token) => ({
      id: token.id,
      state: token.state,
      since: token.since.toISOString(),
      reason: token.reason,
      attempts: token.attempts,
      retryInSeconds:
        token.retryAtMs === null ? null : Math.max(0, Math.ceil((token.retryAtMs - nowMs) / 1000)),
      confirmed: token.confirmed,
      accepted: token.accepted,
    })),
  }
}

/** False as soon as the puppet refuses one token; true when it accepts all; null while that is not known. */
function acceptedByAll(tokens: readonly TokenRecord[]): boolean | null {
  if (tokens.some(({ accepted }) => accepted === false)) return false
  return tokens.every(({ accepted }) => accepted === true) ? true : null
}

function page(tokens: TokenRecord[], offset: number): readonly TokenRecord[] {
  const rank = (token: TokenRecord): number => ORDER.indexOf(token.state)
  return tokens.sort((a, b) => rank(a) - rank(b)).slice(offset, offset + PAGE)
}
