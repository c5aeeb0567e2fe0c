import { History } from '../../history/history.ts'
import type { Clock } from '../../lib/clock.ts'
import type { SidecarEvent } from '../events.ts'
import type { SidecarState } from './sidecar-state.ts'

/** What `/history` and the page know of the sidecar's past. */
const NAMES = {
  states: ['puppet', 'registry', 'registered', 'verified'],
  durations: ['probe', 'registryRoundTrip'],
  counts: ['portQuestions', 'withdrawals', 'connects'],
  levels: ['tokens', 'registered'],
} as const

/** Keeps the sidecar's past. A leaf: nothing decides by it. */
export class SidecarHistory {
  readonly history: History
  readonly #state: SidecarState
  #extent = ''

  /** @param redact takes secrets out of what is kept; default: leaves it as it is */
  constructor(state: SidecarState, clock: Clock, redact?: (text: string) => string) {
    this.#state = state
    this.history = new History(NAMES, clock, redact)
    this.history.enter('puppet', 'unknown')
    this.history.enter('registry', 'reachable')
    this.#count()
  }

  /** To be called when the state has taken the event in. Says whether there is something new to see, the minute's numbers apart. */
  record(event: SidecarEvent): boolean {
    switch (event.type) {
      case 'probed':
        if (event.result.ok) this.history.took('probe', event.result.tookMs)
        return false
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
        return false
      case 'puppet':
        this.history.enter('puppet', event.health, event.code, event.reason)
        break
      case 'registry':
        this.history.enter(
          'registry',
          event.reachable ? 'reachable' : 'unreachable',
          event.code,
          event.reason,
        )
        break
      case 'registration':
        this.#count(event)
        break
      case 'verification':
      case 'gone':
      case 'tokens':
        this.#count()
        break
    }
    return true
  }

  /** @param change what changed, where that is a registration */
  #count(change?: SidecarEvent & { type: 'registration' }): void {
    const { size, verified, misled } = this.#state
    const registered = this.#state.count('registered')
    this.history.set('tokens', size)
    this.history.set('registered', registered)
    const extent = registered === 0 ? 'none' : registered < size ? 'some' : 'all'
    const trouble = change !== undefined && change.code !== null ? change : undefined
    // Of many tokens the first one in trouble is enough: each has its own reason in the list.
    if (extent !== this.#extent || (trouble !== undefined && size === 1))
      this.history.enter('registered', extent, trouble?.code ?? null, trouble?.reason ?? this.#whyNot(extent))
    this.#extent = extent
    const isSeen = verified + misled > 0
    const verdict = misled > 0 ? 'misled' : isSeen ? 'verified' : 'unknown'
    this.history.enter('verified', verdict)
  }

  #whyNot(extent: string): string {
    if (extent === 'all') return ''
    if (this.#state.draining) return 'draining'
    return this.#state.puppet.state === 'unhealthy' ? 'the puppet is unhealthy' : ''
  }
}
