import type { Clock } from '../../lib/clock.ts'
import type { Listener } from '../events.ts'
import type { Heartbeat, Watched } from '../../protocol/heartbeat.ts'
import type { Reading } from '../../protocol/port-answer.ts'
import { Allowance } from './allowance.ts'
import type { LifecycleEvent } from './state.ts'
import type { RegistrySocket, SocketHandlers } from './registry-socket.ts'
import type { Verdict } from './failure.ts'

/** What an attempt shares with all others of the sidecar. */
export interface AttemptOptions {
  readonly clock: Clock
  readonly heartbeat: Heartbeat
  readonly read: (text: string) => Promise<Reading>
  readonly tell: Listener
}

/** Whose attempt it is. */
export interface AttemptOwner {
  /** The token's public name, for facts. */
  readonly id: string
  handle(event: LifecycleEvent): void
  ended(attempt: Attempt, verdict: Verdict): void
}

/**
 * One socket's conversation with the registry: what is said on it becomes an event of the lifecycle, an answer, or
 * nothing. An object with methods and not a handful of closures, because there may be ten thousand of them.
 */
export class Attempt implements SocketHandlers, Watched {
  readonly number: number
  /** Whether its owner has been told that it is open. */
  wasOpen = false
  /** When it began, in milliseconds of the monotonic clock. */
  readonly startedMs: number
  readonly #owner: AttemptOwner
  readonly #options: AttemptOptions
  readonly #allowance = new Allowance()
  #socket: RegistrySocket | undefined

  constructor(number: number, owner: AttemptOwner, options: AttemptOptions) {
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
    if (rttMs !== undefined) this.#options.tell({ type: 'pong', id: this.#owner.id, rttMs })
  }

  unreadable(kind: 'binary' | 'oversized'): void {
    this.#options.tell({ type: 'ignored', id: this.#owner.id, kind })
  }

  text(text: string): void {
    const { clock, read, tell } = this.#options
    if (!this.#allowance.take(clock.now())) tell({ type: 'ignored', id: this.#owner.id, kind: 'flood' })
    else void read(text).then((reading) => this.#obey(reading))
  }

  ended(verdict: Verdict): void {
    this.#options.heartbeat.unwatch(this)
    this.#owner.ended(this, verdict)
  }

  #obey(reading: Reading): void {
    const { tell } = this.#options
    const { id } = this.#owner
    if (reading.kind === 'acknowledgement')
      return this.#owner.handle({ type: 'acknowledged', attempt: this.number })
    if (reading.kind === 'ignored') return tell({ type: 'ignored', id, kind: reading.why })
    this.#socket?.send(reading.reply)
    this.#allowance.expectRoger()
    tell({ type: 'question', id, method: reading.method, result: reading.result })
  }
}
