import type { Damping, PuppetHealth, TimedProbeResult } from '../events.ts'

/** How many probes in a row change the gate's mind. */
export interface HealthSettings {
  /** Good probes in a row before the puppet counts as healthy; default 2. */
  readonly rise: number
  /** Bad answers in a row before it counts as unhealthy; default 3. Silence until a probe's deadline needs no second one. */
  readonly fall: number
}

/** The run of equal outcomes that ends with the newest probe. */
export type ProbeStreak =
  | { readonly outcome: 'none' }
  | { readonly outcome: 'good'; readonly count: number }
  /** `sinceMs`: when the first probe of the run was sent. */
  | {
      readonly outcome: 'bad'
      readonly count: number
      readonly refused: number
      readonly sinceMs: number
    }

/** What is known of the puppet. A value; `nextHealth` makes the next one. */
export interface HealthState {
  readonly health: PuppetHealth
  readonly streak: ProbeStreak
  /** When the puppet went from healthy to unhealthy: the newest few, in milliseconds of the monotonic clock. */
  readonly withdrawals: readonly number[]
  /** Why it is not healthy, in words; empty when it is. */
  readonly reason: string
}

/** Connections refused in a row that prove death without waiting for `fall`. */
const REFUSALS_THAT_PROVE = 2
const FLAP_WINDOW_MS = 10 * 60_000
/** So many withdrawals of the last ten minutes cost nothing: a puppet may be restarted for good reasons. */
const FREE_WITHDRAWALS = 3
const HOLD_MAX_MS = 60_000
/** As many as it takes to reach `HOLD_MAX_MS`; older ones change nothing. */
const WITHDRAWALS_KEPT = 10

/** Before the first probe. */
export const initialHealth: HealthState = {
  health: 'unknown',
  streak: { outcome: 'none' },
  withdrawals: [],
  reason: 'not probed yet',
}

/**
 * How long a puppet that flaps stays withdrawn: nothing for the first three withdrawals of ten minutes, then 1, 2, 4 … 60 s.
 */
export function dampingOf(gate: HealthState, atMs: number): Damping {
  const withdrawals = gate.withdrawals.filter((time) => atMs - time < FLAP_WINDOW_MS).length
  const costly = withdrawals - FREE_WITHDRAWALS
  return { withdrawals, holdMs: costly > 0 ? Math.min(HOLD_MAX_MS, 1000 * 2 ** (costly - 1)) : 0 }
}

/** Folds one probe's result, which came at `atMs`, into what is known. */
export function nextHealth(
  gate: HealthState,
  result: TimedProbeResult,
  atMs: number,
  settings: HealthSettings,
): HealthState {
  return result.ok ? afterGood(gate, atMs, settings) : afterBad(gate, result, atMs, settings)
}

function afterGood(gate: HealthState, atMs: number, settings: HealthSettings): HealthState {
  const count = gate.streak.outcome === 'good' ? gate.streak.count + 1 : 1
  const streak: ProbeStreak = { outcome: 'good', count }
  if (gate.health === 'healthy' || count < settings.rise) return { ...gate, streak }
  // The hold runs by the clock from the withdrawal on: what is probed meanwhile, and what is forgotten, does not change it.
  const withdrawnMs = gate.withdrawals.at(-1) ?? Number.NEGATIVE_INFINITY
  const { holdMs, withdrawals } = dampingOf(gate, withdrawnMs)
  if (atMs - withdrawnMs < holdMs) {
    const reason = `flapping: withdrawn ${withdrawals} times in 10 min, held back for ${holdMs / 1000} s after the last time`
    return { ...gate, streak, reason }
  }
  return { ...gate, health: 'healthy', streak, reason: '' }
}

function afterBad(
  gate: HealthState,
  result: TimedProbeResult & { ok: false },
  atMs: number,
  settings: HealthSettings,
): HealthState {
  const before =
    gate.streak.outcome === 'bad' ? gate.streak : { count: 0, refused: 0, sinceMs: atMs - result.tookMs }
  const refused = result.kind === 'refused' ? before.refused + 1 : 0
  const streak: ProbeStreak = { ...before, outcome: 'bad', count: before.count + 1, refused }
  // A late answer is no bad one. None at all until the deadline is silence, which is a verdict by itself.
  const fallen = result.kind === 'timeout' || streak.count >= settings.fall || refused >= REFUSALS_THAT_PROVE
  if (!fallen) {
    return gate.health === 'healthy' ? { ...gate, streak } : { ...gate, streak, reason: result.reason }
  }
  const withdrawals =
    gate.health === 'healthy' ? [...gate.withdrawals, atMs].slice(-WITHDRAWALS_KEPT) : gate.withdrawals
  return { health: 'unhealthy', streak, withdrawals, reason: result.reason }
}

/** How long a healthy puppet had failed when it was found unhealthy, in milliseconds; undefined for any other change. */
export function detectionMs(before: HealthState, after: HealthState, atMs: number): number | undefined {
  const isFallen = before.health === 'healthy' && after.health === 'unhealthy'
  return isFallen && after.streak.outcome === 'bad' ? atMs - after.streak.sinceMs : undefined
}
