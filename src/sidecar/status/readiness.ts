import type { Readiness } from '../../ops/admin-server.ts'
import { isUnpublished } from '../../protocol/advice.ts'
import type { RegistrationState } from '../events.ts'
import type { SidecarState } from './sidecar-state.ts'

/** How many registrations are in which state; `connecting` includes those whose acknowledgement is awaited. */
export interface Totals {
  readonly total: number
  readonly registered: number
  readonly connecting: number
  /** Those that wait until they may try again, or for their turn. */
  readonly waiting: number
  readonly refused: number
  readonly idle: number
}

export function totalsOf(sidecarState: SidecarState): Totals {
  const count = (...states: readonly RegistrationState[]): number =>
    states.reduce((sum, state) => sum + sidecarState.count(state), 0)
  return {
    total: sidecarState.size,
    registered: count('registered'),
    connecting: count('connecting', 'open'),
    waiting: count('waiting', 'queued'),
    refused: count('refused'),
    idle: count('idle', 'closing', 'stopped'),
  }
}

export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

/**
 * What `/readyz` answers for: the puppet is healthy, at least one token is registered, none is still on its way, and
 * nothing is being drained. A refused token is settled, not on its way. One that the registry does not publish, as it says, does not
 * count as registered.
 */
export function readinessChecks(sidecarState: SidecarState): readonly Check[] {
  const totals = totalsOf(sidecarState)
  const { puppet, unconfirmed } = sidecarState
  const doubt = unconfirmed === 0 ? '' : `, ${unconfirmed} of them not confirmed by the registry`
  // What closes while the puppet is healthy is about to come back.
  const onTheirWay = totals.connecting + totals.waiting + sidecarState.count('closing')
  const why = onTheirWay === 0 ? '' : sidecarState.registry.reason || someReason(sidecarState)
  return [
    { name: 'puppet', ok: puppet.state === 'healthy', detail: puppet.reason || puppet.state },
    {
      name: 'registered',
      ok: totals.registered > sidecarState.unpublished,
      detail: `${totals.registered} of ${totals.total} registered${doubt}${unpublishedWords(sidecarState)}`,
    },
    {
      name: 'settled',
      ok: onTheirWay === 0,
      detail: `${onTheirWay} on their way${why === '' ? '' : ` (${why})`}`,
    },
    {
      name: 'draining',
      ok: !sidecarState.draining,
      detail: sidecarState.draining ? 'draining' : 'not draining',
    },
  ]
}

function unpublishedWords({ unpublished, tokens }: SidecarState): string {
  if (unpublished === 0) return ''
  for (const { advice } of tokens) {
    const why = advice.find(({ code }) => isUnpublished(code))
    if (why !== undefined) return `, ${unpublished} of them not published (${why.code}: ${why.text})`
  }
  return ''
}

/** The checks as `/readyz` shows them: all, or those that fail. */
export function readiness(sidecarState: SidecarState): Readiness {
  const checks = readinessChecks(sidecarState)
  const lines = checks.map(({ name, ok, detail }) => `[${ok ? '+' : '-'}] ${name}: ${detail}`)
  const failed = lines.filter((line) => line.startsWith('[-]'))
  const ready = failed.length === 0
  return { ready, brief: ready ? 'ready' : failed.join('\n'), verbose: lines.join('\n') }
}

const ON_THEIR_WAY: ReadonlySet<RegistrationState> = new Set(['waiting', 'queued', 'connecting', 'open'])

/** Why one of those on their way is not registered yet. */
function someReason(sidecarState: SidecarState): string {
  for (const { state, reason } of sidecarState.tokens)
    if (reason !== '' && ON_THEIR_WAY.has(state)) return reason
  return sidecarState.count('queued') > 0 ? WAITS_FOR_ITS_TURN : ''
}

export const WAITS_FOR_ITS_TURN = 'waits for its turn: REGISTRAR_CONNECT_RATE, or the limit on open files'
