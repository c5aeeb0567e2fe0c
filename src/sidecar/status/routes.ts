import type { Config } from '../../config/sidecar-config.ts'
import type { Clock } from '../../lib/clock.ts'
import { type Answer, type Route, textAnswer } from '../../ops/admin-server.ts'
import type { Damping } from '../events.ts'
import type { Metrics } from './metrics.ts'
import { readinessChecks } from './readiness.ts'
import type { SidecarState } from './sidecar-state.ts'
import { statusReport } from './status-report.ts'

/** What the endpoints show. */
export interface RoutesOptions {
  readonly sidecarState: SidecarState
  readonly metrics: Metrics
  readonly config: Config
  readonly version: string
  readonly clock: Clock
  /** When the sidecar began, in milliseconds of the monotonic clock. */
  readonly startedMs: number
  /** How much a flapping puppet is held back now. */
  readonly damping: () => Damping
  /** Withdraws every token for good; resolves with whether nothing is registered any more. */
  readonly drain: () => Promise<boolean>
  /** Ends the process. */
  readonly quit: () => void
}

/** The sidecar's endpoints. */
export function adminRoutes(options: RoutesOptions): readonly Route[] {
  const { sidecarState, metrics } = options
  return [
    { method: 'GET', path: '/livez', handle: () => textAnswer(200, 'alive') },
    { method: 'GET', path: '/readyz', handle: (query) => readiness(sidecarState, query.has('verbose')) },
    { method: 'GET', path: '/status', handle: (query) => status(options, query.get('offset')) },
    {
      method: 'GET',
      path: '/metrics',
      handle: async () => {
        const { text, contentType } = await metrics.expose()
        return { status: 200, contentType, body: text }
      },
    },
    { method: 'POST', path: '/drain', local: true, handle: () => drain(options) },
    { method: 'POST', path: '/quitquitquit', local: true, handle: () => quit(options) },
  ]
}

function readiness(sidecarState: SidecarState, verbose: boolean): Answer {
  const checks = readinessChecks(sidecarState)
  const ready = checks.every(({ ok }) => ok)
  const lines = checks.map(({ name, ok, detail }) => `[${ok ? '+' : '-'}] ${name}: ${detail}`)
  const brief = ready ? ['ready'] : lines.filter((line) => line.startsWith('[-]'))
  return textAnswer(ready ? 200 : 503, (verbose ? lines : brief).join('\n'))
}

async function drain({ sidecarState, drain }: RoutesOptions): Promise<Answer> {
  if (await drain()) return textAnswer(200, 'drained: nothing is registered any more')
  const left = sidecarState.count('closing')
  return textAnswer(
    503,
    `not drained in REGISTRAR_DRAIN_TIMEOUT: ${left} of ${sidecarState.size} still being closed`,
  )
}

/** Drains, and ends: what a Job's main container asks for when its work is done (the name is Istio's and Envoy's). */
async function quit(options: RoutesOptions): Promise<Answer> {
  const answer = await drain(options)
  options.quit()
  return answer
}

function status(
  { sidecarState, clock, startedMs, damping, config, version }: RoutesOptions,
  from: string | null,
): Answer {
  const nowMs = clock.now()
  const offset = Math.max(0, Math.trunc(Number(from ?? 0)) || 0)
  const options = { config, version, nowMs, uptimeMs: nowMs - startedMs, offset, damping: damping() }
  const body = `${JSON.stringify(statusReport(sidecarState, options), null, 2)}\n`
  return { status: 200, contentType: 'application/json', body }
}
