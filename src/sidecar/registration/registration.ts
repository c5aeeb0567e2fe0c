import { randomBytes } from 'node:crypto'
import { afterPatience, type Cancel } from '../../lib/clock.ts'
import type { ConnectResult, DisconnectCause, WithdrawalCause } from '../events.ts'
import { formatSubprotocol } from '../../protocol/subprotocol.ts'
import type { Admission } from './connect-scheduler.ts'
import { Attempt, type AttemptOptions, type AttemptOwner } from './session.ts'
import {
  type Effect,
  initialLifecycle,
  type Lifecycle,
  type LifecycleEvent,
  type LifecycleSettings,
} from './state.ts'
import { isRefused, step } from './reducer.ts'
import type { RegistrySocket, SocketHandlers } from './registry-socket.ts'
import type { Verdict } from './failure.ts'

/** What all registrations of a sidecar share; how a socket is made comes from outside. */
export interface RegistrarOptions extends AttemptOptions {
  /** What the registry is told: the host may be empty ("the address I come from"). */
  readonly advertise: { readonly host: string; readonly port: number }
  readonly settings: LifecycleSettings
  /** Says when an attempt may start. */
  readonly admission: Admission
  /** Opens a socket for a token with the given subprotocol. */
  readonly open: (token: string, subprotocol: string, handlers: SocketHandlers) => RegistrySocket
}

/**
 * Holds the registration of one token: runs what `lifecycle` decides. Owns one attempt at most that matters, and one
 * timer.
 */
export class Registrar implements AttemptOwner {
  readonly id: string
  readonly token: string
  readonly #options: RegistrarOptions
  /**
   * Names this registrant to the registry, the same on each of its links: a newer one replaces an older one that the registry
   * still holds for alive. 128 random bits, so that no other process can have it.
   */
  readonly #linkId = randomBytes(16).toString('hex')
  #life: Lifecycle = initialLifecycle
  #attempt: Attempt | undefined
  #cancelTimer: Cancel | undefined
  #leaveQueue: Cancel | undefined
  /** Sockets that have not ended yet, abandoned ones included. */
  #open = 0
  #attempts = 0
  /** When a registration was lost that is still wanted, in whole milliseconds. */
  #lostMs: number | undefined
  #reason = ''
  #stopped: (() => void) | undefined

  /** @param id the token's public name, for facts */
  constructor(token: string, id: string, options: RegistrarOptions) {
    this.token = token
    this.id = id
    this.#options = options
  }

  /** Whether the registry holds it now. */
  get registered(): boolean {
    return this.#life.state === 'registered'
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
  handle(event: LifecycleEvent): void {
    const { clock, settings } = this.#options
    const before = this.#life
    const next = step(before, event, { nowMs: clock.now(), chance: clock.random(), settings })
    this.#life = next.life
    if (next.timerMs !== undefined) this.#setTimer(next.timerMs)
    if (next.life.state === 'connecting' && next.life.attempt !== before.attempt) this.#attempts += 1
    this.#report(before)
    this.#measure(before)
    for (const effect of next.effects) this.#run(effect, before)
    if (next.life.state === 'registered' && before.state !== 'registered') this.#attempt?.keepAlive()
    if (next.life.state === 'open' && before.state === 'connecting') this.#opened()
    this.#settleStop()
  }

  #opened(): void {
    if (this.#attempt !== undefined) this.#attempt.wasOpen = true
    this.#options.admission.opened()
  }

  /** A socket is gone, which may be one that was abandoned long ago. For its attempts. */
  ended(attempt: Attempt, verdict: Verdict): void {
    this.#open -= 1
    if (attempt === this.#attempt) {
      this.#attempt = undefined
      this.#judge(attempt, verdict)
    }
    this.#options.admission.left(attempt.wasOpen)
    this.#settleStop()
  }

  #judge(attempt: Attempt, verdict: Verdict): void {
    const { admission } = this.#options
    const { state } = this.#life
    if (state === 'registered') this.#disconnected('closed')
    else if (state === 'connecting' || state === 'open') this.#connected(resultOf(verdict))
    if (state === 'connecting') {
      const everybodys = verdict.shared && admission.failed(attempt.startedMs, reasonOf(verdict), verdict)
      if (everybodys) return this.handle({ type: 'unreachable', attempt: attempt.number })
      if (!verdict.shared) admission.reached()
    }
    this.handle({ type: 'ended', attempt: attempt.number, verdict })
  }

  #leave(event: LifecycleEvent, cause: WithdrawalCause): void {
    const held = this.#life.state === 'open' || this.#life.state === 'registered'
    if (held) this.#options.tell({ type: 'withdrawn', id: this.id, cause })
    this.handle(event)
  }

  #setTimer(ms: number | null): void {
    this.#cancelTimer?.()
    this.#cancelTimer =
      ms === null ? undefined : afterPatience(this.#options.clock, ms, () => this.handle({ type: 'timer' }))
  }

  #run(effect: Effect, before: Lifecycle): void {
    switch (effect.type) {
      case 'queue':
        // Whoever heard of it may have stopped it.
        if (this.#life.state !== 'queued') return
        this.#leaveQueue = this.#options.admission.queue(
          () => this.handle({ type: 'turn' }),
          // One that has just tried for all lets the others have a go.
          this.#life.failures > 0 || before.state === 'connecting',
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
    const attempt = new Attempt(number, this, this.#options)
    this.#leaveQueue = undefined
    this.#open += 1
    this.#attempt = attempt
    attempt.on(open(this.token, formatSubprotocol({ id: this.#linkId, ...advertise }), attempt))
  }

  #terminate(cause: 'withdrawn' | 'heartbeat', before: Lifecycle): void {
    const attempt = this.#attempt
    if (attempt === undefined) return
    if (cause === 'heartbeat') this.#disconnected('heartbeat')
    this.#attempt = undefined
    attempt.terminate()
    if (before.state === 'connecting') this.#options.admission.abandoned(attempt.startedMs)
  }

  #connected(result: ConnectResult): void {
    this.#options.tell({ type: 'connected', id: this.id, result })
  }

  #disconnected(cause: DisconnectCause): void {
    this.#options.tell({ type: 'disconnected', id: this.id, cause })
  }

  #report(before: Lifecycle): void {
    const life = this.#life
    const registered = life.state === 'registered' ? life : undefined
    const confirmedNow = before.state === 'registered' && registered?.confirmed !== before.confirmed
    if (life.state === before.state && life.attempt === before.attempt && !confirmedNow) return
    if (registered !== undefined && before.state !== 'registered') this.#connected('registered')
    const wasOnItsWay = before.state === 'connecting' || before.state === 'open'
    if (wasOnItsWay && ['idle', 'stopped', 'closing'].includes(life.state)) this.#connected('aborted')
    // One more try every minute does not make it any less refused.
    const { clock, settings } = this.#options
    if (ON_THEIR_WAY.has(life.state) && isRefused(life, clock.now(), settings)) return
    const waiting = life.state === 'waiting' || life.state === 'refused' ? life : undefined
    this.#reason = waiting?.reason ?? (ON_THEIR_WAY.has(life.state) ? this.#reason : '')
    this.#options.tell({
      type: 'registration',
      id: this.id,
      state: life.state,
      reason: this.#reason,
      attempts: this.#attempts,
      retryInMs: waiting === undefined ? null : Math.max(0, waiting.untilMs - this.#options.clock.now()),
      confirmed: registered?.confirmed ?? null,
    })
    if (registered !== undefined) this.#attempts = 0
  }

  /** Tells how long a lost registration was away. */
  #measure(before: Lifecycle): void {
    const { state } = this.#life
    if (before.state === 'registered' && (state === 'waiting' || state === 'queued'))
      this.#lostMs = Math.floor(this.#options.clock.now())
    if (this.#lostMs === undefined || !SETTLED.has(state)) return
    const tookMs = this.#options.clock.now() - this.#lostMs
    this.#lostMs = undefined
    if (state === 'registered') this.#options.tell({ type: 'recovered', id: this.id, tookMs })
  }

  #settleStop(): void {
    if (this.#life.state === 'stopped' && this.#open === 0) this.#stopped?.()
  }
}

/** While the next attempt is under way, the trouble of the last one is still why there is no registration. */
const ON_THEIR_WAY: ReadonlySet<Lifecycle['state']> = new Set(['queued', 'connecting', 'open'])

/** Where a registration that was lost is not waited for any more. */
const SETTLED: ReadonlySet<Lifecycle['state']> = new Set(['registered', 'idle', 'closing', 'stopped'])

function resultOf(verdict: Verdict): ConnectResult {
  return verdict.kind === 'refused' ? 'refused' : (verdict.stage.toLowerCase() as ConnectResult)
}

/** What is told of an attempt that ended before it was open. */
function reasonOf({ stage, reason }: Verdict): string {
  return `${stage}: ${reason}`
}
