import type { RegistryTrouble } from '../../../../src/net/registry-trouble.ts'
import type { AdviceCode } from '../../../../src/protocol/advice.ts'
import type {
  Damping,
  PuppetHealth,
  RegistrationState,
  SidecarEvent,
} from '../../../../src/sidecar/events.ts'
import type { TokenRecord } from '../../../../src/sidecar/status/records.ts'
import { SidecarState } from '../../../../src/sidecar/status/sidecar-state.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

/** Facts as the stages tell them, with only what a test is about spelt out. */
export function puppet(
  health: PuppetHealth,
  reason = '',
  damping: Damping = { withdrawals: 0, holdMs: 0 },
): SidecarEvent {
  const code = health === 'healthy' ? null : 'PUPPET_REFUSED'
  return { type: 'puppet', health, code, reason, damping }
}

export function registration(
  id: string,
  state: RegistrationState,
  fields: Partial<SidecarEvent & { type: 'registration' }> = {},
): SidecarEvent & { type: 'registration' } {
  const confirmed = state === 'registered' ? true : null
  const usual = { code: null, reason: '', attempts: 1, retryInMs: null, confirmed }
  return { type: 'registration', id, state, ...usual, ...fields }
}

/** These are new among the tokens. */
export function tokens(...added: readonly string[]): SidecarEvent {
  return { type: 'tokens', added, removed: [] }
}

export function gone(id: string): SidecarEvent {
  return { type: 'gone', id }
}

export function tokenChecked(id: string, accepted: boolean | null): SidecarEvent {
  return { type: 'tokenChecked', id, accepted }
}

/** No attempt gets as far as the registry. */
export function unreachable(
  reason: string,
  attempts = 1,
  retryInMs = 500,
  code: RegistryTrouble = 'REGISTRY_REFUSED',
): SidecarEvent {
  return { type: 'registry', reachable: false, code, reason, attempts, retryInMs }
}

/** One got there. */
export const reachable: SidecarEvent = {
  type: 'registry',
  reachable: true,
  code: null,
  reason: '',
  attempts: 0,
  retryInMs: null,
}

/** Where the tokens come from was read. */
export function source(problems: readonly string[] = [], warnings: readonly string[] = []): SidecarEvent {
  const variable = 'WECHATY_PUPPET_SERVICE_TOKEN_FILE'
  return {
    type: 'source',
    problems,
    code: problems.length === 0 ? undefined : 'TOKEN_INVALID',
    warnings: warnings.map((message) => ({ code: 'TOKEN_ODD', variable, message })),
  }
}

export function advice(code: AdviceCode, text = 'some words', id = 't0'): SidecarEvent {
  return { type: 'advice', id, advice: { code, text } }
}

/** The names t0, t1, … of so many tokens. */
export function names(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `t${index}`)
}

/** A sidecar state whose tokens are in these states, named t0, t1, …; and its clock. */
export function stateOf(
  states: readonly RegistrationState[],
  health: PuppetHealth = 'healthy',
): { sidecarState: SidecarState; clock: FakeClock } {
  const clock = new FakeClock()
  const sidecarState = new SidecarState(clock)
  sidecarState.apply(tokens(...names(states.length)))
  sidecarState.apply(puppet(health))
  for (const [index, state] of states.entries()) sidecarState.apply(registration(`t${index}`, state))
  return { sidecarState, clock }
}

/** What a sidecar state knows of a token. */
export function recordOf(sidecarState: SidecarState, id: string): TokenRecord | undefined {
  return [...sidecarState.tokens].find((token) => token.id === id)
}

/** Counts from now on how many tokens are looked at, one after the other. */
export function countReads(sidecarState: SidecarState): () => number {
  const all = [...sidecarState.tokens]
  let looks = 0
  const watched = function* (): Generator<TokenRecord> {
    for (const token of all) {
      looks += 1
      yield token
    }
  }
  Object.defineProperty(sidecarState, 'tokens', { get: watched })
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
