import type { Damping, Fact, PuppetHealth, RegistrationState } from '../../../../src/sidecar/events.ts'
import { Board, type TokenRecord } from '../../../../src/sidecar/status/sidecar-state.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

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

/** These are new among the tokens. */
export function tokens(...added: readonly string[]): Fact {
  return { type: 'tokens', added, removed: [] }
}

export function gone(id: string): Fact {
  return { type: 'gone', id }
}

export function tokenChecked(id: string, accepted: boolean | null): Fact {
  return { type: 'tokenChecked', id, accepted }
}

/** No attempt gets as far as the registry. */
export function unreachable(reason: string, attempts = 1, retryInMs = 500): Fact {
  return { type: 'registry', reachable: false, reason, attempts, retryInMs }
}

/** One got there. */
export const reachable: Fact = { type: 'registry', reachable: true, reason: '', attempts: 0, retryInMs: null }

/** Where the tokens come from was read. */
export function source(problems: readonly string[] = [], warnings: readonly string[] = []): Fact {
  return { type: 'source', problems, warnings }
}

/** The names t0, t1, … of so many tokens. */
export function names(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `t${index}`)
}

/** A board whose tokens are in these states, named t0, t1, …; and its clock. */
export function boardOf(
  states: readonly RegistrationState[],
  health: PuppetHealth = 'healthy',
): { board: Board; clock: FakeClock } {
  const clock = new FakeClock()
  const board = new Board(clock)
  board.apply(tokens(...names(states.length)))
  board.apply(puppet(health))
  for (const [index, state] of states.entries()) board.apply(registration(`t${index}`, state))
  return { board, clock }
}

/** What a board knows of a token. */
export function recordOf(board: Board, id: string): TokenRecord | undefined {
  return [...board.tokens].find((token) => token.id === id)
}

/** Counts from now on how many tokens are looked at, one after the other. */
export function countLooks(board: Board): () => number {
  const all = [...board.tokens]
  let looks = 0
  const watched = function* (): Generator<TokenRecord> {
    for (const token of all) {
      looks += 1
      yield token
    }
  }
  Object.defineProperty(board, 'tokens', { get: watched })
  return () => looks
}

/** Every state of a registration. */
export const STATES = Object.keys({
  idle: true,
  queued: true,
  connecting: true,
  open: true,
  registered: true,
  waiting: true,
  refused: true,
  closing: true,
  stopped: true,
} satisfies Record<RegistrationState, true>) as readonly RegistrationState[]
