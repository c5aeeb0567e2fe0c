import type { Cancel, Clock } from '../../lib/clock.ts'
import type { SidecarEventListener } from '../events.ts'
import type { BackoffSettings } from './backoff.ts'
import type { Failure } from './failure.ts'
import { initialOutage, isOwnTrouble, nextOutage, type Outage, type OutageEvent } from './outage.ts'
import { Pacer } from './pacer.ts'

export interface ConnectSchedulerOptions {
  readonly clock: Clock
  /** Attempts started a second, of all tokens together; default 100. */
  readonly connectRate: number
  readonly backoff: Pick<BackoffSettings, 'maxMs'>
  /** Connections at a time: what the limit on open files leaves for them. */
  readonly capacity: number
  readonly emit: SidecarEventListener
}

/**
 * Lets attempts start: at the rate while the registry can be reached, one at a time with backoff while it cannot. Each
 * attempt that was let in comes back with exactly one of `reached`, `failed` and `abandoned`, and in the end with `left`.
 */
export class ConnectScheduler {
  readonly #options: ConnectSchedulerOptions
  readonly #pacer: Pacer
  #outage: Outage = initialOutage
  /** Connections now, and those of them over which the registry can be heard. */
  #open = 0
  #links = 0
  #tokens = 1
  #cancelTimer: Cancel | undefined

  constructor(options: ConnectSchedulerOptions) {
    this.#options = options
    this.#pacer = new Pacer(options.clock, options.connectRate)
    this.#pacer.allow(options.capacity)
  }

  /** So many tokens are to be registered. */
  expect(tokens: number): void {
    this.#tokens = tokens
  }

  /** Whether no further connection has room. */
  get full(): boolean {
    return this.#open >= this.#options.capacity
  }

  /** Asks for a turn to connect; `isRetry`: the attempt before it failed. */
  queue(start: () => void, isRetry: boolean): Cancel {
    return this.#pacer.queue(() => {
      this.#open += 1
      start()
    }, isRetry)
  }

  /** The connection that began with a turn is gone; `wasOpen`: after it had been open. */
  left(wasOpen: boolean): void {
    this.#open -= 1
    if (wasOpen) this.#links -= 1
    if (this.#outage.state === 'none') this.#allow()
  }

  /** An attempt is open. */
  opened(): void {
    this.#links += 1
    this.reached()
  }

  /** An attempt got as far as the registry, whatever came of it there. */
  reached(): void {
    const before = this.#outage
    this.#nextOutage({ type: 'reached' })
    if (before.state === 'none') return
    this.#options.emit({
      type: 'registry',
      reachable: true,
      code: null,
      reason: '',
      attempts: 0,
      retryInMs: null,
    })
    this.#cancelTimer?.()
    this.#allow()
  }

  /**
   * An attempt that began at `startedMs` did not get to the registry. True if that is everybody's trouble: the token is to
   * queue up again. False if it is its own, because others got there meanwhile.
   */
  failed(startedMs: number, failure: Omit<Failure, 'kind' | 'shared'>): boolean {
    const { stage, exhausted = false, afterMs, code } = failure
    // While most hold their links, a registry that answers 5xx to one token has something against that one.
    if (!exhausted && stage === 'HTTP' && this.#links * 2 > this.#tokens) {
      this.reached()
      return false
    }
    const before = this.#outage
    if (!exhausted && isOwnTrouble(before, startedMs)) return false
    const isPartial = this.#links > 0
    this.#nextOutage({ type: 'failed', startedMs, exhausted, isPartial, afterMs })
    const outage = this.#outage
    if (outage === before || outage.state !== 'waiting') return true
    const retryInMs = outage.untilMs - this.#options.clock.now()
    this.#pacer.allow(0)
    const reason = `${stage}: ${failure.reason}`
    const attempts = outage.failures
    this.#options.emit({ type: 'registry', reachable: false, code, reason, attempts, retryInMs })
    this.#cancelTimer = this.#options.clock.after(retryInMs, () => {
      this.#nextOutage({ type: 'timer' })
      this.#pacer.allow(1)
    })
    return true
  }

  /** An attempt was given up before it came to anything: if it was the one that tries for all, another one shall. */
  abandoned(startedMs: number): void {
    if (this.#outage.state === 'probing' && startedMs >= this.#outage.sinceMs) this.#pacer.allow(1)
  }

  /** No attempt starts any more. */
  stop(): void {
    this.#cancelTimer?.()
    this.#pacer.stop()
  }

  /** All may start, as far as there is room. */
  #allow(): void {
    this.#pacer.allow(this.#options.capacity - this.#open)
  }

  #nextOutage(event: OutageEvent): void {
    const { clock, backoff } = this.#options
    const context = { nowMs: clock.now(), chance: clock.random(), settings: backoff }
    this.#outage = nextOutage(this.#outage, event, context)
  }
}
