import type { Config } from '../../config/sidecar-config.ts'
import type { FailedProbe, PuppetHealth, TimedProbeResult } from '../events.ts'
import type { PuppetTrouble } from '../puppet-trouble.ts'
import { dampingOf, withWithdrawal } from './damping.ts'

/** How many probes in a row change the health. */
type HealthSettings = Pick<Config['probe'], 'rise' | 'fall'>

/** Equal outcomes in a row, up to the newest probe. */
type ProbeStreak =
  | { readonly outcome: 'none' }
  | { readonly outcome: 'good'; readonly count: number }
  /** `sinceMs`: when the first of them was sent. `refused`, `permanent`: how many of the newest were refused, or a permanent trouble. */
  | {
      readonly outcome: 'bad'
      readonly count: number
      readonly refused: number
      readonly permanent: number
      readonly sinceMs: number
    }

/** What is known of the puppet. A value; `nextHealth` makes the next one. */
export interface HealthState {
  readonly health: PuppetHealth
  readonly streak: ProbeStreak
  /** When the puppet went from healthy to unhealthy: the newest few, in milliseconds of the monotonic clock. */
  readonly withdrawals: readonly number[]
  /** Since when it has said nothing but that it is busy, in milliseconds of the monotonic clock; undefined where it does not say so. */
  readonly busySinceMs: number | undefined
  /** Why it is not healthy; null when it is, and before the first probe. */
  readonly code: PuppetTrouble | null
  /** The same in words; empty when it is. */
  readonly reason: string
}

/** Connections refused in a row that prove death without waiting for `fall`. */
const REFUSALS_THAT_PROVE = 2
/** Troubles of a puppet that is alive, which stay until somebody changes its settings or ours. */
const PERMANENT: ReadonlySet<PuppetTrouble> = new Set<PuppetTrouble>([
  'PUPPET_WANTS_TLS',
  'PUPPET_WITHOUT_TLS',
  'PUPPET_TLS_CLIENT_CERTIFICATE',
  'PUPPET_TLS_SERVER_NAME',
  'PUPPET_TLS_FAILED',
  'PUPPET_NOT_GRPC',
])
/** A puppet without a free worker is a busy one. One without a free worker for so long is a stuck one. */
const BUSY_MAX_MS = 30_000
/** Before the first probe. */
export const initialHealth: HealthState = {
  health: 'unknown',
  streak: { outcome: 'none' },
  withdrawals: [],
  busySinceMs: undefined,
  code: null,
  reason: 'not probed yet',
}

/** Folds one probe's result, which came at `atMs`, into what is known. */
export function nextHealth(
  state: HealthState,
  result: TimedProbeResult,
  atMs: number,
  settings: HealthSettings,
): HealthState {
  const busy = result.ok ? result.warnings?.find(({ code }) => code === 'PUPPET_BUSY') : undefined
  const busySinceMs = busy === undefined ? undefined : (state.busySinceMs ?? atMs)
  const before = { ...state, busySinceMs }
  if (!result.ok) return afterBad(before, result, atMs, settings)
  if (busy === undefined || busySinceMs === undefined || atMs - busySinceMs < BUSY_MAX_MS)
    return afterGood(before, atMs, settings)
  const reason = `busy for more than ${BUSY_MAX_MS / 1000} s: ${busy.text}`
  const stuck = { ok: false, kind: 'failed', code: busy.code, reason, tookMs: result.tookMs } as const
  return afterBad(before, stuck, atMs, settings)
}

function afterGood(state: HealthState, atMs: number, settings: HealthSettings): HealthState {
  const count = state.streak.outcome === 'good' ? state.streak.count + 1 : 1
  const streak: ProbeStreak = { outcome: 'good', count }
  if (state.health === 'healthy' || count < settings.rise) return { ...state, streak }
  // The hold runs by the clock from the withdrawal on: what is probed meanwhile, and what is forgotten, does not change it.
  const withdrawnMs = state.withdrawals.at(-1) ?? Number.NEGATIVE_INFINITY
  const { holdMs, withdrawals } = dampingOf(state.withdrawals, withdrawnMs)
  if (atMs - withdrawnMs < holdMs) {
    const reason = `flapping: withdrawn ${withdrawals} times in 10 min, held back for ${holdMs / 1000} s after the last time`
    return { ...state, streak, code: 'PUPPET_FLAPPING', reason }
  }
  return { ...state, health: 'healthy', streak, code: null, reason: '' }
}

function afterBad(
  state: HealthState,
  result: TimedProbeResult & FailedProbe,
  atMs: number,
  settings: HealthSettings,
): HealthState {
  const { code, reason } = result
  const before =
    state.streak.outcome === 'bad'
      ? state.streak
      : { count: 0, refused: 0, permanent: 0, sinceMs: atMs - result.tookMs }
  const refused = result.kind === 'refused' ? before.refused + 1 : 0
  const permanent = PERMANENT.has(code) ? before.permanent + 1 : 0
  const streak: ProbeStreak = { ...before, outcome: 'bad', count: before.count + 1, refused, permanent }
  // A late answer is no bad one. None at all until the deadline is silence, which is enough by itself.
  const isFallen =
    result.kind === 'timeout' || streak.count >= settings.fall || refused >= REFUSALS_THAT_PROVE
  if (!isFallen) {
    return state.health === 'healthy' ? { ...state, streak } : { ...state, streak, code, reason }
  }
  const withdrawals = state.health === 'healthy' ? withWithdrawal(state.withdrawals, atMs) : state.withdrawals
  return { ...state, health: 'unhealthy', streak, withdrawals, code, reason }
}

/** How long a healthy puppet had failed when it was found unhealthy, in milliseconds; undefined for any other change. */
export function detectionMs(before: HealthState, after: HealthState, atMs: number): number | undefined {
  const isFallen = before.health === 'healthy' && after.health === 'unhealthy'
  return isFallen && after.streak.outcome === 'bad' ? atMs - after.streak.sinceMs : undefined
}
