import type { RegistryTrouble } from '../../net/registry-trouble.ts'
import type { Failure } from './failure.ts'
import type { ReducerSettings } from './reducer-settings.ts'

/** What outlives an attempt. */
export interface AttemptHistory {
  /** Names the newest attempt; events of older ones are dropped. */
  readonly attempt: number
  /** Attempts that failed in a row. */
  readonly failures: number
  /** When the first of them did, in whole milliseconds. */
  readonly failingSinceMs: number
  /** Refusals (401, 403) in a row. */
  readonly refusals: number
  /** When the first of them came, in whole milliseconds. */
  readonly refusedSinceMs: number
}

/** Why there is no registration. */
export interface Trouble {
  /** Its stable name; null where there is no trouble. */
  readonly code: RegistryTrouble | null
  /** The same in words; empty where there is none. */
  readonly reason: string
}

export const noTrouble: Trouble = { code: null, reason: '' }
/** Registered, as it seems. */
export const unconfirmed: Trouble = { code: 'REGISTRY_UNCONFIRMED', reason: 'the registry did not confirm' }

/** One registration's life. Each state holds just what is true in it. Times are of the monotonic clock, in milliseconds. */
export type ReducerState = AttemptHistory &
  (
    | ({ readonly state: 'idle'; readonly notBeforeMs: number } & Trouble)
    /** It may connect; the pacer says when. */
    | { readonly state: 'queued' }
    | { readonly state: 'connecting' }
    | { readonly state: 'open' }
    | { readonly state: 'registered'; readonly sinceMs: number; readonly confirmed: boolean }
    | ({ readonly state: 'waiting'; readonly untilMs: number } & Trouble)
    | ({ readonly state: 'refused'; readonly untilMs: number } & Trouble)
    | { readonly state: 'closing'; readonly afterClose: 'idle' | 'queued' | 'stopped' }
    | { readonly state: 'stopped' }
  )

export type ReducerEvent =
  /** The puppet is healthy: register. */
  | { readonly type: 'register' }
  /** It is not: withdraw, whatever is going on. */
  | { readonly type: 'withdraw' }
  | { readonly type: 'stop' }
  /** The one timer that a state may have set has run out. */
  | { readonly type: 'timer' }
  /** The pacer lets it connect. */
  | { readonly type: 'turn' }
  | { readonly type: 'opened'; readonly attempt: number }
  | { readonly type: 'acknowledged'; readonly attempt: number }
  /** No pong in time. */
  | { readonly type: 'silent'; readonly attempt: number }
  /** The registry does not know it any more, as discovery says. */
  | { readonly type: 'lost'; readonly attempt: number }
  /** The registry could not be reached, which is everybody's trouble and not this token's: it tries again with the rest. */
  | { readonly type: 'unreachable'; readonly attempt: number }
  | { readonly type: 'ended'; readonly attempt: number; readonly failure: Failure }

/** Why a registered link is torn down that the registry may still hold open. */
export type DeadLink = 'heartbeat' | 'lost'

export type Effect =
  | { readonly type: 'queue' }
  /** Take the request back. */
  | { readonly type: 'unqueue' }
  | { readonly type: 'connect'; readonly attempt: number }
  /** Close politely: 1000. */
  | { readonly type: 'close'; readonly attempt: number }
  /** Tear down at once, without waiting for the peer. */
  | { readonly type: 'terminate'; readonly attempt: number; readonly cause: 'withdrawn' | DeadLink }

/** The next state, what to do, and the state's timer: a number sets it anew, null clears it, undefined leaves it. */
export interface Transition {
  readonly next: ReducerState
  readonly effects: readonly Effect[]
  readonly timerMs?: number | null
}

export interface ReducerContext {
  /** Monotonic now, in milliseconds. */
  readonly nowMs: number
  /** A random number in [0, 1). */
  readonly chance: number
  readonly settings: ReducerSettings
}

/** Before anything has happened. */
export const initialState: ReducerState = {
  state: 'idle',
  attempt: 0,
  failures: 0,
  failingSinceMs: 0,
  refusals: 0,
  refusedSinceMs: 0,
  notBeforeMs: 0,
  ...noTrouble,
}
