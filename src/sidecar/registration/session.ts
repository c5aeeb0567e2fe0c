import type { Clock } from '../../lib/clock.ts'
import type { Heartbeat, Watched } from '../../protocol/heartbeat.ts'
import type { Reading } from '../../protocol/port-answer.ts'
import type { SidecarEventListener } from '../events.ts'
import { Allowance } from './allowance.ts'
import type { Failure } from './failure.ts'
import type { RegistrySocket, SocketHandlers } from './registry-socket.ts'
import type { ReducerEvent } from './state.ts'

/** What an attempt shares with all others of the sidecar. */
export interface RegistrationSessionOptions {
  readonly clock: Clock
  readonly heartbeat: Heartbeat
  readonly read: (text: string) => Promise<Reading>
  readonly emit: SidecarEventListener
}

/** Whose attempt it is. */
export interface RegistrationSessionOwner {
  /** The token's public name, for events. */
  readonly id: string
  handle(event: ReducerEvent): void
  ended(attempt: RegistrationSession, failure: Failure): void
}

/**
 * One socket's conversation with the registry: what is said on it becomes an event of the lifecycle, an answer, or
 * nothing. An object with methods and not a handful of closures, because there may be ten thousand of them.
 */
export class RegistrationSession implements SocketHandlers, Watched {
  readonly number: number
  /** Whether its owner has been told that it is open. */
  wasOpen = false
  /** When it began, in milliseconds of the monotonic clock. */
  readonly startedMs: number
  readonly #owner: RegistrationSessionOwner
  readonly #options: RegistrationSessionOptions
  readonly #allowance = new Allowance()
  #socket: RegistrySocket | undefined

  constructor(number: number, owner: RegistrationSessionOwner, options: RegistrationSessionOptions) {
    this.number = number
    this.#owner = owner
    this.#options = options
    this.startedMs = options.clock.now()
  }

  /** Speaks on this socket from now on. */
  on(socket: RegistrySocket): void {
    this.#socket = socket
  }

  /** Pings it, evenly with all the others, until it is closed, torn down or ended. */
  keepAlive(): void {
    this.#options.heartbeat.watch(this)
  }

  close(): void {
    this.#options.heartbeat.unwatch(this)
    this.#socket?.close()
  }

  terminate(): void {
    this.#options.heartbeat.unwatch(this)
    this.#socket?.terminate()
  }

  ping(): void {
    this.#socket?.ping()
  }

  get received(): number {
    return this.#socket?.received ?? 0
  }

  silent(): void {
    this.#owner.handle({ type: 'silent', attempt: this.number })
  }

  opened(): void {
    this.#owner.handle({ type: 'opened', attempt: this.number })
  }

  ponged(): void {
    const rttMs = this.#options.heartbeat.ponged(this)
    if (rttMs !== undefined) this.#options.emit({ type: 'pong', id: this.#owner.id, rttMs })
  }

  unreadable(kind: 'binary' | 'oversized'): void {
    this.#options.emit({ type: 'ignored', id: this.#owner.id, kind })
  }

  text(text: string): void {
    const { clock, read, emit } = this.#options
    if (!this.#allowance.take(clock.now())) emit({ type: 'ignored', id: this.#owner.id, kind: 'flood' })
    else void read(text).then((reading) => this.#obey(reading))
  }

  ended(failure: Failure): void {
    this.#options.heartbeat.unwatch(this)
    this.#owner.ended(this, failure)
  }

  #obey(reading: Reading): void {
    const { emit } = this.#options
    const { id } = this.#owner
    if (reading.kind === 'acknowledgement')
      return this.#owner.handle({ type: 'acknowledged', attempt: this.number })
    if (reading.kind === 'ignored') return emit({ type: 'ignored', id, kind: reading.why })
    this.#socket?.send(reading.reply)
    this.#allowance.expectRoger()
    emit({ type: 'question', id, method: reading.method, result: reading.result })
  }
}
