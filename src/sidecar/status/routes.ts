import type { Config } from '../../config/sidecar-config.ts'
import type { Clock } from '../../lib/clock.ts'
import { AdminServer } from '../../ops/admin-server.ts'
import { type Answer, textAnswer } from '../../ops/http-endpoints.ts'
import type { Damping, SidecarEvent } from '../events.ts'
import { readiness } from './readiness.ts'
import type { SidecarHistory } from './sidecar-history.ts'
import type { SidecarState } from './sidecar-state.ts'
import { statusReport } from './status-report.ts'

export interface AdminServerOptions {
  readonly sidecarState: SidecarState
  readonly config: Config
  readonly version: string
  readonly clock: Clock
  /** Takes secrets out of each body. */
  readonly redact: (text: string) => string
  /** When the sidecar began, in milliseconds of the monotonic clock. */
  readonly startedMs: number
  readonly damping: () => Damping
  /** Withdraws every token for good; resolves with whether nothing is registered any more. */
  readonly drain: () => Promise<boolean>
  readonly quit: () => void
  readonly history: SidecarHistory | undefined
}

/** The sidecar's endpoints: what all commands have, and what makes it withdraw. */
export function createAdminServer(options: AdminServerOptions): AdminServer<SidecarEvent> {
  const { sidecarState, config, version, clock, redact, startedMs, damping, history } = options
  return new AdminServer({
    ...config.admin,
    clock,
    redact,
    readiness: () => readiness(sidecarState),
    status: (query) => {
      const nowMs = clock.now()
      const uptimeMs = nowMs - startedMs
      return statusReport(sidecarState, { config, version, nowMs, uptimeMs, query, damping: damping() })
    },
    loadMetrics: async () => (await import('./metrics.ts')).createMetrics(sidecarState, version),
    page: history && {
      name: 'sidecar',
      history: history.history,
      record: (event) => history.record(event),
    },
    routes: [
      { method: 'POST', path: '/drain', local: true, handle: () => drain(options) },
      { method: 'POST', path: '/quitquitquit', local: true, handle: () => quit(options) },
    ],
  })
}

async function drain({ sidecarState, drain }: AdminServerOptions): Promise<Answer> {
  if (await drain()) return textAnswer(200, 'drained: nothing is registered any more')
  const left = sidecarState.count('closing')
  return textAnswer(
    503,
    `not drained in REGISTRAR_DRAIN_TIMEOUT: ${left} of ${sidecarState.size} still being closed`,
  )
}

/** Drains, and ends: what a Job's main container asks for when its work is done (the name is Istio's and Envoy's). */
async function quit(options: AdminServerOptions): Promise<Answer> {
  const answer = await drain(options)
  options.quit()
  return answer
}
