import type { Damping, ProbeResult, PuppetHealth } from '../events.ts'

/** How many probes in a row change the gate's mind. */
export interface GateSettings {
  /** Good probes in a row before the puppet counts as healthy; default 2. */
  readonly rise: number
  /** Bad probes in a row before it counts as unhealthy; default 3. */
  readonly fall: number
}

/** The run of equal outcomes that ends with the newest probe. */
export type Streak =
  | { readonly outcome: 'none' }
  | { readonly outcome: 'good'; readonly count: number; readonly sinceMs: number }
  | { readonly outcome: 'bad'; readonly count: number; readonly refused: number }

/** What is known of the puppet. A value; `judge` makes the next one. */
export interface Gate {
  readonly health: PuppetHealth
  readonly streak: Streak
  /** When the puppet went from healthy to unhealthy: the newest few, in milliseconds of the monotonic clock. */
  readonly withdrawals: readonly number[]
  /** Why it is not healthy, in words; empty when it is. */
  readonly reason: string
}

/** Connections refused in a row that prove death without waiting for `fall`. */
const REFUSALS_THAT_PROVE = 2
const FLAP_WINDOW_MS = 10 * 60_000
const HOLD_MAX_MS = 60_000
/** As many as it takes to reach `HOLD_MAX_MS`; older ones change nothing. */
const WITHDRAWALS_KEPT = 8

/** Before the first probe. */
export const initialGate: Gate = {
  health: 'unknown',
  streak: { outcome: 'none' },
  withdrawals: [],
  reason: 'not probed yet',
}

/**
 * How long a puppet that flaps must answer before it is registered again: each withdrawal of the last ten minutes
 * doubles it, from 0 after the first, then 1, 2, 4 … 60 s.
 */
export function dampingOf(gate: Gate, atMs: number): Damping {
  const withdrawals = gate.withdrawals.filter((time) => atMs - time < FLAP_WINDOW_MS).length
  const holdMs = withdrawals < 2 ? 0 : Math.min(HOLD_MAX_MS, 1000 * 2 ** (withdrawals - 2))
  return { withdrawals, holdMs }
}

/** Folds one probe's result, which came at `atMs`, into what is known. */
export function judge(gate: Gate, result: ProbeResult, atMs: number, settings: GateSettings): Gate {
  return result.ok ? afterGood(gate, atMs, settings) : afterBad(gate, result, atMs, settings)
}

function afterGood(gate: Gate, atMs: number, settings: GateSettings): Gate {
  const streak =
    gate.streak.outcome === 'good'
      ? { ...gate.streak, count: gate.streak.count + 1 }
      : { outcome: 'good' as const, count: 1, sinceMs: atMs }
  if (gate.health === 'healthy') return { ...gate, streak }
  const { holdMs, withdrawals } = dampingOf(gate, atMs)
  if (streak.count < settings.rise) return { ...gate, streak }
  if (atMs - streak.sinceMs < holdMs) {
    const reason = `flapping: withdrawn ${withdrawals} times in 10 min, must answer for ${holdMs / 1000} s first`
    return { ...gate, streak, reason }
  }
  return { ...gate, health: 'healthy', streak, reason: '' }
}

function afterBad(
  gate: Gate,
  result: ProbeResult & { ok: false },
  atMs: number,
  settings: GateSettings,
): Gate {
  const before = gate.streak.outcome === 'bad' ? gate.streak : { count: 0, refused: 0 }
  const refused = result.kind === 'refused' ? before.refused + 1 : 0
  const streak: Streak = { outcome: 'bad', count: before.count + 1, refused }
  const fallen = streak.count >= settings.fall || refused >= REFUSALS_THAT_PROVE
  if (!fallen) {
    return gate.health === 'healthy' ? { ...gate, streak } : { ...gate, streak, reason: result.reason }
  }
  const withdrawals =
    gate.health === 'healthy' ? [...gate.withdrawals, atMs].slice(-WITHDRAWALS_KEPT) : gate.withdrawals
  return { health: 'unhealthy', streak, withdrawals, reason: result.reason }
}
