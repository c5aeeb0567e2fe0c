import type { Failure } from '../../../../src/sidecar/registration/failure.ts'
import { reducerSettings } from '../../../../src/sidecar/registration/reducer-settings.ts'
import type {
  ReducerContext,
  ReducerEvent,
  ReducerState,
} from '../../../../src/sidecar/registration/state.ts'

const settings = reducerSettings({ backoffMaxMs: 10_000 })
export const at = (nowMs: number, chance = 1): ReducerContext => ({ nowMs, chance, settings })

export const broken: Failure = {
  kind: 'retry',
  stage: 'WebSocket',
  shared: false,
  code: 'REGISTRY_WEBSOCKET_INVALID',
  reason: 'broken',
}
export const away: Failure = {
  kind: 'away',
  stage: 'TCP',
  shared: true,
  code: 'REGISTRY_REFUSED',
  reason: 'away',
}
export const refusal: Failure = {
  kind: 'refused',
  stage: 'HTTP',
  shared: false,
  code: 'REGISTRY_TOKEN_REFUSED',
  reason: 'refused',
}
export const later: Failure = {
  kind: 'away',
  stage: 'HTTP',
  shared: false,
  code: 'REGISTRY_UNAVAILABLE',
  reason: 'busy',
  afterMs: 42_000,
}

/** One of each state, as they are at 100 s, with attempt 7 the newest. */
const memory = { attempt: 7, failures: 1, failingSinceMs: 99_000, refusals: 0, refusedSinceMs: 0 }
export const STATES = {
  idle: { ...memory, state: 'idle', notBeforeMs: 0, code: null, reason: '' },
  queued: { ...memory, state: 'queued' },
  connecting: { ...memory, state: 'connecting' },
  open: { ...memory, state: 'open' },
  /** For less than it takes to forget what was before. */
  registered: { ...memory, state: 'registered', sinceMs: 95_001, confirmed: true },
  lasting: { ...memory, state: 'registered', sinceMs: 95_000, confirmed: true },
  waiting: {
    ...memory,
    state: 'waiting',
    untilMs: 110_000,
    code: 'REGISTRY_WEBSOCKET_INVALID',
    reason: 'broken',
  },
  refused: {
    ...memory,
    refusals: 3,
    refusedSinceMs: 60_000,
    state: 'refused',
    untilMs: 150_000,
    code: 'REGISTRY_TOKEN_REFUSED',
    reason: 'refused',
  },
  closing: { ...memory, state: 'closing', afterClose: 'idle' },
  reopening: { ...memory, state: 'closing', afterClose: 'queued' },
  stopping: { ...memory, state: 'closing', afterClose: 'stopped' },
  stopped: { ...memory, state: 'stopped' },
} satisfies Record<string, ReducerState>

export const EVENTS = {
  register: { type: 'register' },
  withdraw: { type: 'withdraw' },
  stop: { type: 'stop' },
  timer: { type: 'timer' },
  turn: { type: 'turn' },
  opened: { type: 'opened', attempt: 7 },
  acknowledged: { type: 'acknowledged', attempt: 7 },
  silent: { type: 'silent', attempt: 7 },
  unreachable: { type: 'unreachable', attempt: 7 },
  ended: { type: 'ended', attempt: 7, failure: broken },
  'ended: away': { type: 'ended', attempt: 7, failure: away },
  'ended: busy': { type: 'ended', attempt: 7, failure: later },
  'ended: refused': { type: 'ended', attempt: 7, failure: refusal },
} satisfies Record<string, ReducerEvent>
