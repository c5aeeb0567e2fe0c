import { History } from '../../history/history.ts'
import type { Clock } from '../../lib/clock.ts'
import { hostPort } from '../../net/host-port.ts'
import { isMisleading } from '../../protocol/advice.ts'
import type { SidecarEvent } from '../events.ts'
import type { LastingProblem } from './problem-set.ts'
import type { SidecarState } from './sidecar-state.ts'

/** What `/history` and the page know of the sidecar's past. */
const NAMES = {
  states: ['puppet', 'registry', 'registered', 'verified'],
  durations: ['probe', 'registryRoundTrip'],
  counts: ['portQuestions', 'withdrawals', 'connects'],
  levels: ['tokens', 'registered'],
} as const

/** Why something is in its state. */
interface Why {
  readonly code: string | null
  readonly cause: string
}

const NO_TROUBLE: Why = { code: null, cause: '' }
const BEING_REGISTERED: Why = { code: null, cause: 'being registered' }

/** Keeps the sidecar's past. A leaf: nothing decides by it. */
export class SidecarHistory {
  readonly history: History
  readonly #state: SidecarState
  #extent = ''
  #tokenChanges = 0
  /** What the last probe said beside that the puppet answers. */
  #answer = 'null null'
  /** Whether an attempt has got as far as the registry, or has failed to, since the start. */
  #isRegistryKnown = false
  /** Whether the reason why not all are registered is a token's own trouble. */
  #isTokenTrouble = false

  /** @param redact takes secrets out of what is kept; default: leaves it as it is */
  constructor(state: SidecarState, clock: Clock, redact?: (text: string) => string) {
    this.#state = state
    this.history = new History(NAMES, clock, redact)
    this.history.enter('puppet', 'unknown')
    this.history.enter('registry', 'unknown')
    this.#lookAtTokens()
  }

  /** To be called when the state has taken the event in. Says whether there is something new to see, the minute's numbers apart. */
  record(event: SidecarEvent): boolean {
    switch (event.type) {
      case 'probed':
        if (event.result.ok) this.history.took('probe', event.result.tookMs)
        return this.#isAnotherAnswer()
      case 'pong':
        this.history.took('registryRoundTrip', event.rttMs)
        return false
      case 'question':
        this.history.happened('portQuestions')
        return false
      case 'withdrawn':
        this.history.happened('withdrawals')
        return false
      case 'connected':
        this.history.happened('connects')
        return event.result === 'refused' && this.#registryAnswered()
      case 'puppet':
        this.history.enter('puppet', event.health, event.code, event.reason)
        break
      case 'registration':
        if (event.state === 'open' || event.state === 'registered') this.#registryAnswered()
        break
      case 'tokenChecked':
      case 'verification':
        // Mostly it is as it was.
        if (this.#state.counts.changes === this.#tokenChanges) return false
        break
      case 'disconnected':
      case 'recovered':
      case 'ignored':
      case 'gatewayEventIgnored':
      case 'gatewayRefused':
        return false
      case 'registry':
        this.#isRegistryKnown = true
        this.history.enter(
          'registry',
          event.reachable ? 'reachable' : 'unreachable',
          event.code,
          event.reason,
        )
        break
    }
    this.#lookAtTokens()
    return true
  }

  /** Whether the puppet uses TLS or not from now on, or says something else of its health: mostly it is as it was. */
  #isAnotherAnswer(): boolean {
    const { tls, health } = this.#state.puppet
    const answer = `${tls} ${health}`
    if (answer === this.#answer) return false
    this.#answer = answer
    return true
  }

  /** That it can be reached is told outright only after an outage. Says whether it is news. */
  #registryAnswered(): boolean {
    if (this.#isRegistryKnown) return false
    this.#isRegistryKnown = true
    this.history.enter('registry', 'reachable')
    return true
  }

  #lookAtTokens(): void {
    const { size, counts } = this.#state
    this.#tokenChanges = counts.changes
    const registered = this.#state.count('registered')
    this.history.set('tokens', size)
    this.history.set('registered', registered)
    this.#enterRegistered(registered === 0 ? 'none' : registered < size ? 'some' : 'all')
    this.#enterVerified(registered)
  }

  /** Of many tokens the first trouble is enough: each has its own reason in the list. */
  #enterRegistered(extent: 'none' | 'some' | 'all'): void {
    const common = this.#commonReason(extent)
    const trouble = common ?? this.#problem('registration')
    // The next attempt is under way: only what comes of it is something new.
    if (trouble === undefined && extent === this.#extent && this.#isTokenTrouble) return
    this.#isTokenTrouble = common === undefined && trouble !== undefined
    this.#extent = extent
    const { code, cause } = trouble ?? BEING_REGISTERED
    this.history.enter('registered', extent, code, cause)
  }

  /** Why not all tokens are registered, where that is no matter of single ones. */
  #commonReason(extent: string): Why | undefined {
    const { puppet, registry, draining, size } = this.#state
    if (extent === 'all') return NO_TROUBLE
    if (draining) return { code: null, cause: 'draining' }
    if (size === 0) return { code: null, cause: 'there is no token' }
    if (puppet.state === 'unknown') return { code: null, cause: 'the puppet has not answered yet' }
    if (puppet.state === 'unhealthy')
      return { code: puppet.code, cause: `the puppet is unhealthy: ${puppet.reason}` }
    if (registry.reachable) return undefined
    return { code: registry.code, cause: `the registry cannot be reached: ${registry.reason}` }
  }

  #enterVerified(registered: number): void {
    const { verified, misled } = this.#state
    if (misled > 0) {
      // What the registry says outright is not said twice.
      const { code, cause } =
        this.#problem('discovery') ?? this.#problem('advice', isMisleading) ?? NO_TROUBLE
      return this.history.enter('verified', 'misled', code, cause)
    }
    if (verified > 0) return this.history.enter('verified', 'verified', null, this.#whereClientsAreLed())
    this.history.enter('verified', 'unknown', null, registered === 0 ? 'nothing is registered' : '')
  }

  /** With one token. Many may be told many places. */
  #whereClientsAreLed(): string {
    if (this.#state.size !== 1) return ''
    const [token] = this.#state.tokens
    const { host = null, port = null } = token?.discovery ?? {}
    if (host === null) return ''
    return `clients are led to ${port === null ? host : hostPort({ host, port })}`
  }

  #problem(kind: LastingProblem['kind'], isMeant = (_code: string): boolean => true): Why | undefined {
    for (const problem of this.#state.problems.known)
      if (problem.kind === kind && problem.endedMs === undefined && isMeant(problem.code))
        return { code: problem.code, cause: problem.text }
    return undefined
  }
}
