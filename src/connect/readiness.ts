import type { Readiness } from '../ops/admin-server.ts'
import type { ConnectState } from './connect-state.ts'
import { troubleOf } from './puppet-state.ts'

export interface ReadinessOptions {
  /** How many addresses it listens on. */
  readonly listening: number
  readonly draining: boolean
}

/** What `/readyz` answers for: it takes connections of bots, and at least one token's puppet has a place. */
export function readiness(state: ConnectState, { listening, draining }: ReadinessOptions): Readiness {
  const found = state.count('found')
  const [troubled] = state.troubled
  const why = troubled === undefined ? undefined : troubleOf(state.puppet(troubled))
  const reason = why === undefined ? '' : ` (${why.code}: ${why.reason})`
  const checks = [
    { ok: listening > 0, text: `listening: ${listening} ${listening === 1 ? 'address' : 'addresses'}` },
    { ok: !draining, text: draining ? 'draining: draining' : 'draining: not draining' },
    { ok: found > 0, text: `puppet: ${found} of ${state.size} found${reason}` },
  ]
  const lines = checks.map(({ ok, text }) => `[${ok ? '+' : '-'}] ${text}`)
  const failed = lines.filter((line) => line.startsWith('[-]'))
  const ready = failed.length === 0
  return { ready, brief: ready ? 'ready' : failed.join('\n'), verbose: lines.join('\n') }
}
