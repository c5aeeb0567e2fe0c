import type { Damping, Fact, PuppetHealth, RegistrationState } from '../../../src/events.ts'
import { Board } from '../../../src/status/board.ts'
import { FakeClock } from '../../support/fake-clock.ts'

/** Facts as the stages tell them, with only what a test is about spelt out. */
export function puppet(
  health: PuppetHealth,
  reason = '',
  damping: Damping = { withdrawals: 0, holdMs: 0 },
): Fact {
  return { type: 'puppet', health, reason, damping }
}

export function registration(
  id: string,
  state: RegistrationState,
  fields: Partial<Fact & { type: 'registration' }> = {},
): Fact & { type: 'registration' } {
  const confirmed = state === 'registered' ? true : null
  return { type: 'registration', id, state, reason: '', attempts: 1, retryInMs: null, confirmed, ...fields }
}

/** A board whose tokens are in these states, named t0, t1, …; and its clock. */
export function boardOf(
  states: readonly RegistrationState[],
  health: PuppetHealth = 'healthy',
): { board: Board; clock: FakeClock } {
  const clock = new FakeClock()
  const board = new Board(
    states.map((_state, index) => `t${index}`),
    clock,
  )
  board.apply(puppet(health))
  for (const [index, state] of states.entries()) board.apply(registration(`t${index}`, state))
  return { board, clock }
}

/** Every state of a registration. */
export const STATES = [
  'idle',
  'connecting',
  'open',
  'registered',
  'waiting',
  'refused',
  'closing',
  'stopped',
] as const satisfies readonly RegistrationState[]
