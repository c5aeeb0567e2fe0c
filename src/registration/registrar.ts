import { randomUUID } from 'node:crypto'
import type { Cancel, Clock } from '../clock.ts'
import type { ConnectResult, DisconnectCause, Listener, WithdrawalCause } from '../events.ts'
import type { Reading } from '../rpc/answer.ts'
import { formatSubprotocol } from '../wire/subprotocol.ts'
import { Allowance } from './allowance.ts'
import {
  type Effect,
  initialLifecycle,
  type Lifecycle,
  type LifecycleEvent,
  type LifecycleSettings,
} from './life.ts'
import { step } from './lifecycle.ts'
import type { RegistrySocket, SocketHandlers } from './socket.ts'
import type { Verdict } from './verdict.ts'

/** Everything a registration needs; how its socket is made comes from outside. */
export interface RegistrarOptions {
  /** The token's public name, for facts. */
  readonly id: string
  /** What the registry is told: the host may be empty ("the address I come from"). */
  readonly advertise: { readonly host: string; readonly port: number }
  readonly settings: LifecycleSettings
  readonly clock: Clock
  /** Opens a socket for this token with the given subprotocol. */
  readonly open: (subprotocol: string, handlers: SocketHandlers) => RegistrySocket
  readonly read: (text: string) => Promise<Reading>
  readonly tell: Listener
}

/** One socket, and how much is read of it. */
interface Conversation {
  readonly socket: RegistrySocket
  readonly allowance: Allowance
}

/**
 * Holds the registration of one token: runs what `lifecycle` decides. Owns one socket at most that matters, and one
 * timer.
 */
export class Registrar {
  readonly #options: RegistrarOptions
  #life: Lifecycle = initialLifecycle
  #socket: RegistrySocket | undefined
  #cancelTimer: Cancel | undefined
  /** Sockets that have not ended yet, abandoned ones included. */
  #open = 0
  #attempts = 0
  #reason = ''
  #stopped: (() => void) | undefined

  constructor(options: RegistrarOptions) {
    this.#options = options
  }

  /** The puppet is healthy: register, and stay registered. */
  want(): void {
    this.#handle({ type: 'want' })
  }

  /** The puppet is not healthy: withdraw at once, whatever is under way. */
  withdraw(): void {
    this.#leave({ type: 'withdraw' }, 'unhealthy')
  }

  /** Withdraws for good; resolves when no socket is left. */
  stop(): Promise<void> {
    const done = new Promise<void>((resolve) => {
      this.#stopped = resolve
    })
    this.#leave({ type: 'stop' }, 'shutdown')
    this.#settleStop()
    return done
  }

  #leave(event: LifecycleEvent, cause: WithdrawalCause): void {
    const held = this.#life.state === 'open' || this.#life.state === 'registered'
    if (held) this.#options.tell({ type: 'withdrawn', id: this.#options.id, cause })
    this.#handle(event)
  }

  #handle(event: LifecycleEvent): void {
    const { clock, settings } = this.#options
    const before = this.#life
    const next = step(before, event, { nowMs: clock.now(), chance: clock.random(), settings })
    this.#life = next.life
    if (next.timerMs !== undefined) this.#setTimer(next.timerMs)
    if (next.life.state === 'connecting' && next.life.attempt !== before.attempt) this.#attempts += 1
    this.#report(before)
    for (const effect of next.effects) this.#run(effect)
    this.#settleStop()
  }

  #setTimer(ms: number | null): void {
    this.#cancelTimer?.()
    this.#cancelTimer =
      ms === null ? undefined : this.#options.clock.after(ms, () => this.#handle({ type: 'timer' }))
  }

  #run(effect: Effect): void {
    switch (effect.type) {
      case 'connect':
        this.#connect(effect.attempt)
        return
      case 'close':
        this.#disconnected('withdrawn')
        this.#socket?.close()
        return
      case 'terminate':
        if (effect.cause === 'heartbeat') this.#disconnected('heartbeat')
        this.#socket?.terminate()
        this.#socket = undefined
        return
      case 'ping':
        this.#socket?.ping()
    }
  }

  #connect(attempt: number): void {
    const { advertise, clock, read, tell, id } = this.#options
    const allowance = new Allowance()
    this.#open += 1
    const socket = this.#options.open(formatSubprotocol({ id: randomUUID(), ...advertise }), {
      opened: () => this.#handle({ type: 'opened', attempt }),
      binary: () => tell({ type: 'ignored', id, kind: 'binary' }),
      text: (text) => {
        if (!allowance.take(clock.now())) return tell({ type: 'ignored', id, kind: 'flood' })
        void read(text).then((reading) => this.#obey(reading, attempt, { socket, allowance }))
      },
      ponged: () => this.#ponged(attempt),
      ended: (verdict) => this.#ended(attempt, verdict),
    })
    this.#socket = socket
  }

  #obey(reading: Reading, attempt: number, { socket, allowance }: Conversation): void {
    const { tell, id } = this.#options
    if (reading.kind === 'acknowledgement') return this.#handle({ type: 'acknowledged', attempt })
    if (reading.kind === 'ignored') return tell({ type: 'ignored', id, kind: reading.why })
    socket.send(reading.reply)
    allowance.expectRoger()
    tell({ type: 'question', id, method: reading.method, result: reading.result })
  }

  #ponged(attempt: number): void {
    const life = this.#life
    if (life.state === 'registered' && life.pingedMs !== null && life.attempt === attempt) {
      const rttMs = this.#options.clock.now() - life.pingedMs
      this.#options.tell({ type: 'pong', id: this.#options.id, rttMs })
    }
    this.#handle({ type: 'ponged', attempt })
  }

  #ended(attempt: number, verdict: Verdict): void {
    this.#open -= 1
    const { state } = this.#life
    if (attempt === this.#life.attempt) {
      this.#socket = undefined
      if (state === 'registered') this.#disconnected('closed')
      else if (state === 'connecting' || state === 'open') this.#connected(resultOf(verdict))
    }
    this.#handle({ type: 'ended', attempt, verdict })
  }

  #connected(result: ConnectResult): void {
    this.#options.tell({ type: 'connected', id: this.#options.id, result })
  }

  #disconnected(cause: DisconnectCause): void {
    this.#options.tell({ type: 'disconnected', id: this.#options.id, cause })
  }

  #report(before: Lifecycle): void {
    const life = this.#life
    const registered = life.state === 'registered' ? life : undefined
    const confirmedNow = before.state === 'registered' && registered?.confirmed !== before.confirmed
    if (life.state === before.state && life.attempt === before.attempt && !confirmedNow) return
    if (registered !== undefined && before.state !== 'registered') this.#connected('registered')
    const wasOnItsWay = before.state === 'connecting' || before.state === 'open'
    if (wasOnItsWay && ['idle', 'stopped', 'closing'].includes(life.state)) this.#connected('aborted')
    const waiting = life.state === 'waiting' || life.state === 'refused' ? life : undefined
    // While the next attempt is under way, the trouble of the last one is still why there is no registration.
    const onItsWay = life.state === 'connecting' || life.state === 'open'
    this.#reason = waiting?.reason ?? (onItsWay ? this.#reason : '')
    this.#options.tell({
      type: 'registration',
      id: this.#options.id,
      state: life.state,
      reason: this.#reason,
      attempts: this.#attempts,
      retryInMs: waiting === undefined ? null : Math.max(0, waiting.untilMs - this.#options.clock.now()),
      confirmed: registered?.confirmed ?? null,
    })
    if (registered !== undefined) this.#attempts = 0
  }

  #settleStop(): void {
    if (this.#life.state === 'stopped' && this.#open === 0) this.#stopped?.()
  }
}

function resultOf(verdict: Verdict): ConnectResult {
  return verdict.kind === 'refused' ? 'refused' : (verdict.stage.toLowerCase() as ConnectResult)
}
