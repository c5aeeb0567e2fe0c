import type { Damping } from '../events.ts'

const FLAP_WINDOW_MS = 10 * 60_000
/** So many withdrawals of the last ten minutes cost nothing: a puppet may be restarted for good reasons. */
const FREE_WITHDRAWALS = 3
const HOLD_MAX_MS = 60_000
/** As many withdrawals are remembered as it takes to reach `HOLD_MAX_MS`; older ones change nothing. */
const WITHDRAWALS_KEPT = 10

/**
 * How long a puppet that flaps stays withdrawn: not at all for the first three withdrawals of ten minutes, then 1, 2, 4 … 60 s.
 *
 * @param allWithdrawals when the puppet went from healthy to unhealthy, in milliseconds of the monotonic clock
 */
export function dampingOf(allWithdrawals: readonly number[], atMs: number): Damping {
  const withdrawals = allWithdrawals.filter((time) => atMs - time < FLAP_WINDOW_MS).length
  const costly = withdrawals - FREE_WITHDRAWALS
  return { withdrawals, holdMs: costly > 0 ? Math.min(HOLD_MAX_MS, 1000 * 2 ** (costly - 1)) : 0 }
}

export function withWithdrawal(all: readonly number[], atMs: number): readonly number[] {
  return [...all, atMs].slice(-WITHDRAWALS_KEPT)
}
