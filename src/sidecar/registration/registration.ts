import { randomBytes } from 'node:crypto'
import { afterPatience, type Cancel } from '../../lib/clock.ts'
import { formatSubprotocol } from '../../protocol/subprotocol.ts'
import type { WithdrawalCause } from '../events.ts'
import { isRefused } from './after-failure.ts'
import { connectResultOf, resultOfFailure } from './connect-result.ts'
import type { Failure } from './failure.ts'
import { nextRegistration } from './reducer.ts'
import type { RegistrationOptions } from './registration-options.ts'
import { RegistrationSession, type RegistrationSessionOwner } from './session.ts'
import {
  type DeadLink,
  type Effect,
  initialState,
  noTrouble,
  type ReducerEvent,
  type ReducerState,
  type Trouble,
  unconfirmed,
} from './state.ts'

/** Holds the registration of one token: runs what the reducer decides. Owns one session at most that matters, and one timer. */
export class Registration implements RegistrationSessionOwner {
  /** The token's public name. */
  readonly id: string
  readonly token: string
  readonly #options: RegistrationOptions
  /**
   * Names this registrant to the registry, the same on each of its links: a newer one replaces an older one that the registry
   * still holds for alive. 128 random bits, so that no other process can have it.
   */
  readonly #linkId = randomBytes(16).toString('hex')
  #state: ReducerState = initialState
  #session: RegistrationSession | undefined
  #cancelTimer: Cancel | undefined
  #leaveQueue: Cancel | undefined
  /** Sockets that have not ended yet, abandoned ones included. */
  #openSockets = 0
  /** Attempts since it was last registered. */
  #attempts = 0
  /** When a registration was lost that is still wanted, in whole milliseconds. */
  #lostMs: number | undefined
  #trouble: Trouble = noTrouble
  #stopped: (() => void) | undefined

  constructor(token: string, id: string, options: RegistrationOptions) {
    this.token = token
    this.id = id
    this.#options = options
  }

  /** Whether the registry holds it now. */
  get isRegistered(): boolean {
    return this.#state.state === 'registered'
  }

  /** Registers, and stays registered. */
  register(): void {
    this.handle({ type: 'register' })
  }

  /** Withdraws at once, whatever is under way. */
  withdraw(): void {
    this.#withdraw({ type: 'withdraw' }, 'unhealthy')
  }

  /** Withdraws for good; resolves when no socket is left. */
  stop(cause: WithdrawalCause): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      this.#stopped = resolve
    })
    this.#withdraw({ type: 'stop' }, cause)
    return stopped
  }

  /** Something happened. For its sessions. */
  handle(event: ReducerEvent): void {
    this.#options.events.batch(() => this.#handle(event))
  }

  /** A socket has ended, which may be one that was abandoned long ago. For its sessions. */
  ended(session: RegistrationSession, failure: Failure): void {
    this.#options.events.batch(() => {
      this.#openSockets -= 1
      if (session === this.#session) {
        this.#session = undefined
        this.#sessionFailed(session, failure)
      }
      this.#options.scheduler.left(session.wasOpen)
      this.#settleStop()
    })
  }

  #handle(event: ReducerEvent): void {
    const { clock, settings, scheduler } = this.#options
    const before = this.#state
    const context = { nowMs: clock.now(), chance: clock.random(), settings }
    const { next, effects, timerMs } = nextRegistration(before, event, context)
    this.#state = next
    if (timerMs !== undefined) this.#setTimer(timerMs)
    if (next.state === 'connecting' && next.attempt !== before.attempt) this.#attempts += 1
    this.#emitChange(before)
    this.#emitRecovery(before)
    for (const effect of effects) this.#run(effect, before)
    if (next.state === 'registered' && before.state !== 'registered') this.#session?.watch()
    if (next.state === 'open' && before.state === 'connecting') {
      if (this.#session !== undefined) this.#session.wasOpen = true
      scheduler.opened()
    }
    this.#settleStop()
  }

  #sessionFailed(session: RegistrationSession, failure: Failure): void {
    const { scheduler, events } = this.#options
    const { state } = this.#state
    if (state === 'registered') events.emit({ type: 'disconnected', id: this.id, cause: 'closed' })
    else if (state === 'connecting' || state === 'open')
      events.emit({ type: 'connected', id: this.id, result: resultOfFailure(failure) })
    if (state === 'connecting') {
      const isEverybodys = failure.shared && scheduler.failed(session.startedMs, failure)
      if (isEverybodys) return this.#handle({ type: 'unreachable', attempt: session.number })
      if (!failure.shared) scheduler.reached()
    }
    this.#handle({ type: 'ended', attempt: session.number, failure })
  }

  #withdraw(event: ReducerEvent, cause: WithdrawalCause): void {
    const { events } = this.#options
    events.batch(() => {
      const isHeld = this.#state.state === 'open' || this.#state.state === 'registered'
      if (isHeld) events.emit({ type: 'withdrawn', id: this.id, cause })
      this.#handle(event)
    })
  }

  #setTimer(ms: number | null): void {
    this.#cancelTimer?.()
    this.#cancelTimer =
      ms === null ? undefined : afterPatience(this.#options.clock, ms, () => this.handle({ type: 'timer' }))
  }

  #run(effect: Effect, before: ReducerState): void {
    switch (effect.type) {
      case 'queue':
        if (!this.#options.isDesired(this.id)) return
        this.#leaveQueue = this.#options.scheduler.queue(
          () => this.handle({ type: 'turn' }),
          // One that has just tried for all lets the others have a go.
          this.#state.failures > 0 || before.state === 'connecting',
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
        this.#options.events.emit({ type: 'disconnected', id: this.id, cause: 'withdrawn' })
        this.#session?.close()
        return
      case 'terminate':
        this.#terminate(effect.cause, before)
    }
  }

  #connect(number: number): void {
    const { advertise, open } = this.#options
    const session = new RegistrationSession(number, this, this.#options)
    this.#leaveQueue = undefined
    this.#openSockets += 1
    this.#session = session
    session.useSocket(open(this.token, formatSubprotocol({ id: this.#linkId, ...advertise }), session))
  }

  #terminate(cause: 'withdrawn' | DeadLink, before: ReducerState): void {
    const session = this.#session
    if (session === undefined) return
    if (cause !== 'withdrawn') this.#options.events.emit({ type: 'disconnected', id: this.id, cause })
    this.#session = undefined
    session.terminate()
    if (before.state === 'connecting') this.#options.scheduler.abandoned(session.startedMs)
  }

  #emitChange(before: ReducerState): void {
    const { clock, settings, events } = this.#options
    const now = this.#state
    const registered = now.state === 'registered' ? now : undefined
    const isConfirmedNow = before.state === 'registered' && registered?.confirmed !== before.confirmed
    if (now.state === before.state && now.attempt === before.attempt && !isConfirmedNow) return
    const result = connectResultOf(before, now)
    if (result !== undefined) events.emit({ type: 'connected', id: this.id, result })
    // One more try every minute does not make it any less refused.
    if (CONNECTING.has(now.state) && isRefused(now, clock.now(), settings)) return
    if (now.state === 'connecting') this.#options.onConnecting(this.id)
    const waiting = now.state === 'waiting' || now.state === 'refused' ? now : undefined
    this.#trouble = waiting ?? (CONNECTING.has(now.state) ? this.#trouble : noTrouble)
    const trouble = registered?.confirmed === false ? unconfirmed : this.#trouble
    events.emit({
      type: 'registration',
      id: this.id,
      state: now.state,
      code: trouble.code,
      reason: trouble.reason,
      attempts: this.#attempts,
      retryInMs: waiting === undefined ? null : Math.max(0, waiting.untilMs - clock.now()),
      confirmed: registered?.confirmed ?? null,
    })
    if (registered !== undefined) this.#attempts = 0
  }

  /** Emits how long a lost registration was away. */
  #emitRecovery(before: ReducerState): void {
    const { clock, events } = this.#options
    const { state } = this.#state
    const isLost = before.state === 'registered' && (state === 'waiting' || state === 'queued')
    if (isLost) this.#lostMs = Math.floor(clock.now())
    if (this.#lostMs === undefined || !SETTLED.has(state)) return
    if (state === 'registered')
      events.emit({ type: 'recovered', id: this.id, tookMs: clock.now() - this.#lostMs })
    this.#lostMs = undefined
  }

  #settleStop(): void {
    if (this.#state.state === 'stopped' && this.#openSockets === 0) this.#stopped?.()
  }
}

/** While the next attempt is under way, the trouble of the last one is still why there is no registration. */
const CONNECTING: ReadonlySet<ReducerState['state']> = new Set(['queued', 'connecting', 'open'])

/** Where a registration that was lost is not waited for any more. */
const SETTLED: ReadonlySet<ReducerState['state']> = new Set(['registered', 'idle', 'closing', 'stopped'])
