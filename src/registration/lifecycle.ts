import { assertNever } from '../assert-never.ts'
import { type BackoffSettings, backoffMs } from './backoff.ts'
import type { Verdict } from './verdict.ts'

/** Numbers of one registration's life, all in milliseconds but for the count. */
export interface LifecycleSettings extends BackoffSettings {
  /** How long an open socket may go without `sys registered` before it counts as registered all the same. */
  readonly acknowledgementMs: number
  readonly heartbeatIntervalMs: number
  /** How long a pong may take. */
  readonly heartbeatTimeoutMs: number
  /** How long a close may take before the socket is torn down. */
  readonly closeMs: number
  /** Registered for this long, earlier failures are forgotten. */
  readonly graceMs: number
  /** Refusals in a row after which a token is `refused`. */
  readonly refusalsAllowed: number
  /** Pause between attempts of a refused token. */
  readonly refusedRetryMs: number
}

/** What outlives an attempt. */
interface Memory {
  /** Names the newest attempt; events of older ones are dropped. */
  readonly attempt: number
  /** Attempts that failed in a row. */
  readonly failures: number
  /** Refusals (401, 403) in a row. */
  readonly refusals: number
}

/** One registration's life. Each state holds just what is true in it. Times are of the monotonic clock, in milliseconds. */
export type Lifecycle = Memory &
  (
    | { readonly state: 'idle'; readonly notBeforeMs: number; readonly reason: string }
    | { readonly state: 'connecting' }
    | { readonly state: 'open' }
    | {
        readonly state: 'registered'
        readonly sinceMs: number
        readonly confirmed: boolean
        /** When the ping that is not answered yet was sent; null between heartbeats. */
        readonly pingedMs: number | null
      }
    | { readonly state: 'waiting'; readonly untilMs: number; readonly reason: string }
    | { readonly state: 'refused'; readonly untilMs: number; readonly reason: string }
    | { readonly state: 'closing'; readonly next: 'idle' | 'connecting' | 'stopped' }
    | { readonly state: 'stopped' }
  )

/** What happens to a registration. */
export type LifecycleEvent =
  /** The puppet is healthy: register. */
  | { readonly type: 'want' }
  /** It is not: withdraw, whatever is going on. */
  | { readonly type: 'withdraw' }
  /** Withdraw, for good. */
  | { readonly type: 'stop' }
  /** The one timer that a state may have set has run out. */
  | { readonly type: 'timer' }
  | { readonly type: 'opened'; readonly attempt: number }
  | { readonly type: 'acknowledged'; readonly attempt: number }
  | { readonly type: 'ponged'; readonly attempt: number }
  | { readonly type: 'ended'; readonly attempt: number; readonly verdict: Verdict }

/** What is to be done about it. */
export type Effect =
  | { readonly type: 'connect'; readonly attempt: number }
  /** Close politely: 1000. */
  | { readonly type: 'close'; readonly attempt: number }
  /** Tear down at once; nobody waits for the peer. */
  | { readonly type: 'terminate'; readonly attempt: number; readonly cause: 'withdrawn' | 'heartbeat' }
  | { readonly type: 'ping'; readonly attempt: number }

/** The next state, what to do, and the state's timer: a number sets it anew, null clears it, undefined leaves it. */
export interface Step {
  readonly life: Lifecycle
  readonly effects: readonly Effect[]
  readonly timerMs?: number | null
}

/** What a decision needs from outside. */
export interface Context {
  /** Monotonic now, in milliseconds. */
  readonly nowMs: number
  /** A random number in [0, 1). */
  readonly chance: number
  readonly settings: LifecycleSettings
}

/** Before anything has happened. */
export const initialLifecycle: Lifecycle = {
  state: 'idle',
  attempt: 0,
  failures: 0,
  refusals: 0,
  notBeforeMs: 0,
  reason: '',
}

/** The next step of a registration's life. Pure: the same arguments, the same answer. */
export function step(life: Lifecycle, event: LifecycleEvent, context: Context): Step {
  if (life.state === 'stopped') return unchanged(life)
  if ('attempt' in event && event.attempt !== life.attempt) return unchanged(life)
  switch (event.type) {
    case 'want':
      return wanted(life, context)
    case 'withdraw':
      return leave(life, 'idle', context)
    case 'stop':
      return leave(life, 'stopped', context)
    case 'timer':
      return timeUp(life, context)
    case 'opened':
      if (life.state !== 'connecting') return unchanged(life)
      return {
        life: { ...memory(life), state: 'open' },
        effects: [],
        timerMs: context.settings.acknowledgementMs,
      }
    case 'acknowledged':
      if (life.state === 'open') return register(life, true, context)
      return unchanged(life.state === 'registered' ? { ...life, confirmed: true } : life)
    case 'ponged':
      if (life.state !== 'registered' || life.pingedMs === null) return unchanged(life)
      return { life: { ...life, pingedMs: null }, effects: [], timerMs: context.settings.heartbeatIntervalMs }
    case 'ended':
      return ended(life, event.verdict, context)
    default:
      return assertNever(event)
  }
}

function unchanged(life: Lifecycle): Step {
  return { life, effects: [] }
}

function memory({ attempt, failures, refusals }: Lifecycle): Memory {
  return { attempt, failures, refusals }
}

function connect(life: Lifecycle): Step {
  const attempt = life.attempt + 1
  return {
    life: { ...memory(life), state: 'connecting', attempt },
    effects: [{ type: 'connect', attempt }],
    timerMs: null,
  }
}

function wanted(life: Lifecycle, { nowMs, settings }: Context): Step {
  if (life.state === 'closing')
    return unchanged(life.next === 'idle' ? { ...life, next: 'connecting' } : life)
  if (life.state !== 'idle') return unchanged(life)
  // A puppet that flaps must not wash away what the registry asked for.
  if (life.notBeforeMs <= nowMs) return connect(life)
  const state = life.refusals >= settings.refusalsAllowed ? 'refused' : 'waiting'
  return {
    life: { ...memory(life), state, untilMs: life.notBeforeMs, reason: life.reason },
    effects: [],
    timerMs: life.notBeforeMs - nowMs,
  }
}

/** Withdraws: in every state, and it wins over everything that is under way. */
function leave(life: Lifecycle, to: 'idle' | 'stopped', { nowMs, settings }: Context): Step {
  switch (life.state) {
    case 'idle':
      return to === 'idle' ? unchanged(life) : { life: stopped(life), effects: [], timerMs: null }
    case 'connecting':
      return {
        life: to === 'idle' ? idle(life, nowMs, '') : stopped(life),
        effects: [{ type: 'terminate', attempt: life.attempt, cause: 'withdrawn' }],
        timerMs: null,
      }
    case 'open':
    case 'registered':
      return {
        life: { ...memory(settled(life, nowMs, settings)), state: 'closing', next: to },
        effects: [{ type: 'close', attempt: life.attempt }],
        timerMs: settings.closeMs,
      }
    case 'waiting':
    case 'refused':
      return {
        life: to === 'idle' ? idle(life, life.untilMs, life.reason) : stopped(life),
        effects: [],
        timerMs: null,
      }
    case 'closing':
      return unchanged(life.next === 'stopped' ? life : { ...life, next: to })
    case 'stopped':
      return unchanged(life)
    default:
      return assertNever(life)
  }
}

function idle(life: Lifecycle, notBeforeMs: number, reason: string): Lifecycle {
  return { ...memory(life), state: 'idle', notBeforeMs, reason }
}

function stopped(life: Lifecycle): Lifecycle {
  return { ...memory(life), state: 'stopped' }
}

function register(life: Lifecycle, confirmed: boolean, { nowMs, settings }: Context): Step {
  return {
    life: { ...memory(life), refusals: 0, state: 'registered', sinceMs: nowMs, confirmed, pingedMs: null },
    effects: [],
    timerMs: settings.heartbeatIntervalMs,
  }
}

function timeUp(life: Lifecycle, context: Context): Step {
  switch (life.state) {
    case 'open':
      return register(life, false, context)
    case 'registered':
      return life.pingedMs === null ? ping(life, context) : reconnectAtOnce(life, context)
    case 'waiting':
    case 'refused':
      return connect(life)
    case 'closing': {
      const after = closed(life, context)
      const terminate: Effect = { type: 'terminate', attempt: life.attempt, cause: 'withdrawn' }
      return { ...after, effects: [terminate, ...after.effects] }
    }
    default:
      return unchanged(life)
  }
}

function ping(life: Lifecycle & { state: 'registered' }, { nowMs, settings }: Context): Step {
  return {
    life: { ...life, pingedMs: nowMs },
    effects: [{ type: 'ping', attempt: life.attempt }],
    timerMs: settings.heartbeatTimeoutMs,
  }
}

/** No pong in time: the link is dead, and the other end of it may hold the token until TCP gives up. */
function reconnectAtOnce(life: Lifecycle, { nowMs, settings }: Context): Step {
  const anew = connect(settled(life, nowMs, settings))
  return {
    ...anew,
    effects: [{ type: 'terminate', attempt: life.attempt, cause: 'heartbeat' }, ...anew.effects],
  }
}

/** Forgets failures, once the registration has lasted. */
function settled(life: Lifecycle, nowMs: number, { graceMs }: LifecycleSettings): Lifecycle {
  return life.state === 'registered' && nowMs - life.sinceMs >= graceMs ? { ...life, failures: 0 } : life
}

function closed(life: Lifecycle & { state: 'closing' }, { nowMs }: Context): Step {
  if (life.next === 'connecting') return connect(life)
  return { life: life.next === 'idle' ? idle(life, nowMs, '') : stopped(life), effects: [], timerMs: null }
}

function ended(life: Lifecycle, verdict: Verdict, context: Context): Step {
  if (life.state === 'closing') return closed(life, context)
  if (life.state !== 'connecting' && life.state !== 'open' && life.state !== 'registered')
    return unchanged(life)
  const { nowMs, chance, settings } = context
  const failures = settled(life, nowMs, settings).failures + 1
  const refusals = verdict.kind === 'refused' ? life.refusals + 1 : 0
  const refused = refusals >= settings.refusalsAllowed
  const waitMs = refused
    ? settings.refusedRetryMs
    : Math.max(backoffMs(failures, chance, settings), verdict.kind === 'later' ? (verdict.afterMs ?? 0) : 0)
  return {
    life: {
      attempt: life.attempt,
      failures,
      refusals,
      state: refused ? 'refused' : 'waiting',
      untilMs: nowMs + waitMs,
      reason: life.state === 'registered' ? verdict.reason : `${verdict.stage}: ${verdict.reason}`,
    },
    effects: [],
    timerMs: waitMs,
  }
}
