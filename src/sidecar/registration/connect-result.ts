import type { ConnectResult } from '../events.ts'
import type { Failure } from './failure.ts'
import type { ReducerState } from './state.ts'

/** How an attempt ended by this change of state; undefined if none did. */
export function connectResultOf(before: ReducerState, now: ReducerState): ConnectResult | undefined {
  if (now.state === 'registered') return before.state === 'registered' ? undefined : 'registered'
  const wasConnecting = before.state === 'connecting' || before.state === 'open'
  return wasConnecting && ['idle', 'stopped', 'closing'].includes(now.state) ? 'aborted' : undefined
}

export function resultOfFailure({ kind, stage }: Failure): ConnectResult {
  return kind === 'refused' ? 'refused' : (stage.toLowerCase().replace(' ', '_') as ConnectResult)
}
