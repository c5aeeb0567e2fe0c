import { randomBytes } from 'node:crypto'
import { afterPatience, type Cancel } from '../../lib/clock.ts'
import { formatSubprotocol } from '../../protocol/subprotocol.ts'
import type { ConnectResult, DisconnectCause, WithdrawalCause } from '../events.ts'
import type { ConnectScheduler } from './connect-scheduler.ts'
import type { Failure } from './failure.ts'
import { isRefused, nextRegistration } from './reducer.ts'
import type { RegistrySocket, SocketHandlers } from './registry-socket.ts'
import {
  RegistrationSession,
  type RegistrationSessionOptions,
  type RegistrationSessionOwner,
} from './session.ts'
import {
  type Effect,
  initialState,
  type ReducerEvent,
  type ReducerSettings,
  type ReducerState,
} from './state.ts'

/** What all registrations of a sidecar share; how a socket is made comes from outside. */
export interface RegistrationOptions extends RegistrationSessionOptions {
  /** What the registry is told: the host may be empty ("the address I come from"). */
  readonly advertise: { readonly host: string; readonly port: number }
  readonly settings: ReducerSettings
  /** Says when an attempt may start. */
  readonly scheduler: ConnectScheduler
  /** Opens a socket for a token with the given subprotocol. */
  readonly open: (token: string, subprotocol: string, handlers: SocketHandlers) => RegistrySocket
}

/**
 * Holds the registration of one token: runs what `lifecycle` decides. Owns one attempt at most that matters, and one
 * timer.
 */
export class Registration implements RegistrationSessionOwner {
  readonly id: string
  readonly token: string
  readonly #options: RegistrationOptions
  /**
   * Names this registrant to the registry, the same on each of its links: a newer one replaces an older one that the registry
   * still holds for alive. 128 random bits, so that no other process can have it.
   */
  readonly #linkId = randomBytes(16).toString('hex')
  #current: ReducerState = initialState
  #attempt: RegistrationSession | undefined
  #cancelTimer: Cancel | undefined
  #leaveQueue: Cancel | undefined
  /** Sockets that have not ended yet, abandoned ones included. */
  #open = 0
  #attempts = 0
  /** When a registration was lost that is still wanted, in whole milliseconds. */
  #lostMs: number | undefined
  #reason = ''
  #stopped: (() => void) | undefined

  /** @param id the token's public name, for events */
  constructor(token: string, id: string, options: RegistrationOptions) {
    this.token = token
    this.id = id
    this.#options = options
  }

  /** Whether the registry holds it now. */
  get registered(): boolean {
    return this.#current.state === 'registered'
  }

  /** The puppet is healthy: register, and stay registered. */
  want(): void {
    this.handle({ type: 'want' })
  }

  /** The puppet is not healthy: withdraw at once, whatever is under way. */
  withdraw(): void {
    this.#leave({ type: 'withdraw' }, 'unhealthy')
  }

  /** Withdraws for good; resolves when no socket is left. */
  stop(cause: WithdrawalCause): Promise<void> {
    const done = new Promise<void>((resolve) => {
      this.#stopped = resolve
    })
    this.#leave({ type: 'stop' }, cause)
    this.#settleStop()
    return done
  }

  /** Something happened. For its attempts. */
  handle(event: ReducerEvent): void {
    const { clock, settings } = this.#options
    const before = this.#current
    const next = nextRegistration(before, event, { nowMs: clock.now(), chance: clock.random(), settings })
    this.#current = next.current
    if (next.timerMs !== undefined) this.#setTimer(next.timerMs)
    if (next.current.state === 'connecting' && next.current.attempt !== before.attempt) this.#attempts += 1
    this.#report(before)
    this.#measure(before)
    for (const effect of next.effects) this.#run(effect, before)
    if (next.current.state === 'registered' && before.state !== 'registered') this.#attempt?.keepAlive()
    if (next.current.state === 'open' && before.state === 'connecting') this.#opened()
    this.#settleStop()
  }

  #opened(): void {
    if (this.#attempt !== undefined) this.#attempt.wasOpen = true
    this.#options.scheduler.opened()
  }

  /** A socket is gone, which may be one that was abandoned long ago. For its attempts. */
  ended(attempt: RegistrationSession, failure: Failure): void {
    this.#open -= 1
    if (attempt === this.#attempt) {
      this.#attempt = undefined
      this.#judge(attempt, failure)
    }
    this.#options.scheduler.left(attempt.wasOpen)
    this.#settleStop()
  }

  #judge(attempt: RegistrationSession, failure: Failure): void {
    const { scheduler } = this.#options
    const { state } = this.#current
    if (state === 'registered') this.#disconnected('closed')
    else if (state === 'connecting' || state === 'open') this.#connected(resultOf(failure))
    if (state === 'connecting') {
      const everybodys = failure.shared && scheduler.failed(attempt.startedMs, reasonOf(failure), failure)
      if (everybodys) return this.handle({ type: 'unreachable', attempt: attempt.number })
      if (!failure.shared) scheduler.reached()
    }
    this.handle({ type: 'ended', attempt: attempt.number, failure })
  }

  #leave(event: ReducerEvent, cause: WithdrawalCause): void {
    const held = this.#current.state === 'open' || this.#current.state === 'registered'
    if (held) this.#options.emit({ type: 'withdrawn', id: this.id, cause })
    this.handle(event)
  }

  #setTimer(ms: number | null): void {
    this.#cancelTimer?.()
    this.#cancelTimer =
      ms === null ? undefined : afterPatience(this.#options.clock, ms, () => this.handle({ type: 'timer' }))
  }

  #run(effect: Effect, before: ReducerState): void {
    switch (effect.type) {
      case 'queue':
        // Whoever heard of it may have stopped it.
        if (this.#current.state !== 'queued') return
        this.#leaveQueue = this.#options.scheduler.queue(
          () => this.handle({ type: 'turn' }),
          // One that has just tried for all lets the others have a go.
          this.#current.failures > 0 || before.state === 'connecting',
        )
        return
      case 'unqueue':
        this.#leaveQueue?.()
        this.#leaveQueue = undefined
        return
      case 'connect':
        this.#connect(effect.attempt)
        return
      case 'close':
        this.#disconnected('withdrawn')
        this.#attempt?.close()
        return
      case 'terminate':
        this.#terminate(effect.cause, before)
    }
  }

  #connect(number: number): void {
    const { advertise, open } = this.#options
    const attempt = new RegistrationSession(number, this, this.#options)
    this.#leaveQueue = undefined
    this.#open += 1
    this.#attempt = attempt
    attempt.on(open(this.token, formatSubprotocol({ id: this.#linkId, ...advertise }), attempt))
  }

  #terminate(cause: 'withdrawn' | 'heartbeat', before: ReducerState): void {
    const attempt = this.#attempt
    if (attempt === undefined) return
    if (cause === 'heartbeat') this.#disconnected('heartbeat')
    this.#attempt = undefined
    attempt.terminate()
    if (before.state === 'connecting') this.#options.scheduler.abandoned(attempt.startedMs)
  }

  #connected(result: ConnectResult): void {
    this.#options.emit({ type: 'connected', id: this.id, result })
  }

  #disconnected(cause: DisconnectCause): void {
    this.#options.emit({ type: 'disconnected', id: this.id, cause })
  }

  #report(before: ReducerState): void {
    const current = this.#current
    const registered = current.state === 'registered' ? current : undefined
    const confirmedNow = before.state === 'registered' && registered?.confirmed !== before.confirmed
    if (current.state === before.state && current.attempt === before.attempt && !confirmedNow) return
    if (registered !== undefined && before.state !== 'registered') this.#connected('registered')
    const wasOnItsWay = before.state === 'connecting' || before.state === 'open'
    if (wasOnItsWay && ['idle', 'stopped', 'closing'].includes(current.state)) this.#connected('aborted')
    // One more try every minute does not make it any less refused.
    const { clock, settings } = this.#options
    if (ON_THEIR_WAY.has(current.state) && isRefused(current, clock.now(), settings)) return
    const waiting = current.state === 'waiting' || current.state === 'refused' ? current : undefined
    this.#reason = waiting?.reason ?? (ON_THEIR_WAY.has(current.state) ? this.#reason : '')
    this.#options.emit({
      type: 'registration',
      id: this.id,
      state: current.state,
      reason: this.#reason,
      attempts: this.#attempts,
      retryInMs: waiting === undefined ? null : Math.max(0, waiting.untilMs - this.#options.clock.now()),
      confirmed: registered?.confirmed ?? null,
    })
    if (registered !== undefined) this.#attempts = 0
  }

  /** Tells how long a lost registration was away. */
  #measure(before: ReducerState): void {
    const { state } = this.#current
    if (before.state === 'registered' && (state === 'waiting' || state === 'queued'))
      this.#lostMs = Math.floor(this.#options.clock.now())
    if (this.#lostMs === undefined || !SETTLED.has(state)) return
    const tookMs = this.#options.clock.now() - this.#lostMs
    this.#lostMs = undefined
    if (state === 'registered') this.#options.emit({ type: 'recovered', id: this.id, tookMs })
  }

  #settleStop(): void {
    if (this.#current.state === 'stopped' && this.#open === 0) this.#stopped?.()
  }
}

/** While the next attempt is under way, the trouble of the last one is still why there is no registration. */
const ON_THEIR_WAY: ReadonlySet<ReducerState['state']> = new Set(['queued', 'connecting', 'open'])

/** Where a registration that was lost is not waited for any more. */
const SETTLED: ReadonlySet<ReducerState['state']> = new Set(['registered', 'idle', 'closing', 'stopped'])

function resultOf(failure: Failure): ConnectResult {
  return failure.kind === 'refused' ? 'refused' : (failure.stage.toLowerCase() as ConnectResult)
}

/** What is told of an attempt that ended before it was open. */
function reasonOf({ stage, reason }: Failure): string {
  return `${stage}: ${reason}`
}
