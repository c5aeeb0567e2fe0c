import type { RegistrationState } from '../events.ts'
import type { Board } from './board.ts'

/** How many registrations are in which condition; `connecting` includes those whose acknowledgement is awaited. */
export interface Totals {
  readonly total: number
  readonly registered: number
  readonly connecting: number
  readonly waiting: number
  readonly refused: number
  readonly idle: number
}

const CONDITION: Readonly<Record<RegistrationState, Exclude<keyof Totals, 'total'>>> = {
  idle: 'idle',
  connecting: 'connecting',
  open: 'connecting',
  registered: 'registered',
  waiting: 'waiting',
  refused: 'refused',
  closing: 'idle',
  stopped: 'idle',
}

/** Counts registrations by condition. */
export function totalsOf(board: Board): Totals {
  const totals = { total: 0, registered: 0, connecting: 0, waiting: 0, refused: 0, idle: 0 }
  for (const { state } of board.tokens) {
    totals.total += 1
    totals[CONDITION[state]] += 1
  }
  return totals
}

/** One thing that readiness depends on. */
export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

/**
 * What `/readyz` answers for: the puppet is healthy, at least one token is registered, none is still on its way, and
 * nothing is being drained. A refused token is settled, not on its way.
 */
export function readinessChecks(board: Board): readonly Check[] {
  const totals = totalsOf(board)
  const { puppet } = board
  // What closes while the puppet is healthy is about to come back.
  const closing = [...board.tokens].filter(({ state }) => state === 'closing').length
  const why = [...board.tokens].find(({ reason }) => reason !== '')?.reason
  const onTheirWay = totals.connecting + totals.waiting + closing
  return [
    { name: 'puppet', ok: puppet.state === 'healthy', detail: puppet.reason || puppet.state },
    {
      name: 'registered',
      ok: totals.registered > 0,
      detail: `${totals.registered} of ${totals.total} registered`,
    },
    {
      name: 'settled',
      ok: onTheirWay === 0,
      detail: `${onTheirWay} on their way${why === undefined ? '' : ` (${why})`}`,
    },
    { name: 'draining', ok: !board.draining, detail: board.draining ? 'draining' : 'not draining' },
  ]
}
