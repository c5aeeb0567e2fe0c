import { inBackground } from '../../lib/background.ts'
import type { Clock } from '../../lib/clock.ts'
import type { EventQueue } from '../../lib/event-queue.ts'
import { RateLimiter } from '../../lib/rate-limiter.ts'
import { type Advice, type AdviceTopic, isUnpublished, topicOf } from '../../protocol/advice.ts'
import type { Heartbeat, Watched } from '../../protocol/heartbeat.ts'
import type { Reading } from '../../protocol/port-answer.ts'
import type { SidecarEvent } from '../events.ts'
import type { VerifiedLink, Verifier } from '../verification/verifier.ts'
import type { Failure } from './failure.ts'
import type { RegistrySocket, SocketHandlers } from './registry-socket.ts'
import type { ReducerEvent } from './state.ts'

/**
 * How many messages a second are read of one socket; more are dropped unread. A registry asks a few times a second at
 * most, so whatever exceeds this is a flood.
 */
const MESSAGE_RATE = { limit: 100, windowMs: 1000 }

/** What a session shares with all others of the sidecar. */
export interface RegistrationSessionOptions {
  readonly clock: Clock
  readonly heartbeat: Heartbeat
  readonly verifier: Verifier
  readonly read: (text: string) => Promise<Reading>
  readonly events: EventQueue<SidecarEvent>
}

export interface RegistrationSessionOwner {
  /** The token's public name. */
  readonly id: string
  handle(event: ReducerEvent): void
  ended(session: RegistrationSession, failure: Failure): void
}

/**
 * One attempt to register, and the registration that comes of it: it lives as long as its socket. What the registry says becomes an
 * event of the reducer, an answer, or nothing. An object with methods and not a handful of closures, because there may be ten
 * thousand of them.
 */
export class RegistrationSession implements SocketHandlers, Watched, VerifiedLink {
  readonly number: number
  /** Whether its owner knows that it is open. */
  wasOpen = false
  /** When it began, in milliseconds of the monotonic clock. */
  readonly startedMs: number
  readonly #owner: RegistrationSessionOwner
  readonly #options: RegistrationSessionOptions
  readonly #messages = new RateLimiter(MESSAGE_RATE)
  #socket: RegistrySocket | undefined
  /** What the registry advises on this connection, by topic; undefined while it does not. */
  #advice: Map<AdviceTopic, string> | undefined
  /** Whether the registry says that it does not publish it. */
  isUnpublished = false

  constructor(number: number, owner: RegistrationSessionOwner, options: RegistrationSessionOptions) {
    this.number = number
    this.#owner = owner
    this.#options = options
    this.startedMs = options.clock.now()
  }

  useSocket(socket: RegistrySocket): void {
    this.#socket = socket
  }

  /** It is registered: pings and verifies it, evenly with all the others, until it is closed, torn down or ended. */
  watch(): void {
    this.#options.heartbeat.watch(this)
    this.#options.verifier.watch(this)
  }

  #unwatch(): void {
    this.#options.heartbeat.unwatch(this)
    this.#options.verifier.unwatch(this)
  }

  close(): void {
    this.#unwatch()
    this.#socket?.close()
  }

  terminate(): void {
    this.#unwatch()
    this.#socket?.terminate()
  }

  get id(): string {
    return this.#owner.id
  }

  send(text: string): void {
    this.#socket?.send(text)
  }

  lost(): void {
    this.#owner.handle({ type: 'lost', attempt: this.number })
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
    const { heartbeat, events } = this.#options
    const rttMs = heartbeat.ponged(this)
    if (rttMs !== undefined) events.emit({ type: 'pong', id: this.#owner.id, rttMs })
  }

  unreadable(kind: 'binary' | 'oversized'): void {
    this.#options.events.emit({ type: 'ignored', id: this.#owner.id, kind })
  }

  text(text: string): void {
    const { clock, read, events } = this.#options
    if (this.#messages.take(clock.now()))
      inBackground(read(text).then((reading) => this.#handleReading(reading)))
    else events.emit({ type: 'ignored', id: this.#owner.id, kind: 'flood' })
  }

  ended(failure: Failure): void {
    this.#unwatch()
    this.#owner.ended(this, failure)
  }

  #handleReading(reading: Reading): void {
    const { events, verifier } = this.#options
    const { id } = this.#owner
    if (reading.kind === 'acknowledgement')
      return this.#owner.handle({ type: 'acknowledged', attempt: this.number })
    if (reading.kind === 'advice') return this.#handleAdvice(reading.advice)
    if (reading.kind === 'discoveryReport' || reading.kind === 'hostAnswer')
      return this.#handleDiscovery(reading)
    if (reading.kind === 'ignored') return events.emit({ type: 'ignored', id, kind: reading.why })
    this.#socket?.send(reading.reply)
    // The registry will say "roger" to it, which is not the registry's doing.
    this.#messages.giveBack()
    if (reading.result === 'answered') verifier.asked(this)
    events.emit({ type: 'question', id, method: reading.method, result: reading.result })
  }

  #handleDiscovery(reading: Extract<Reading, { kind: 'discoveryReport' | 'hostAnswer' }>): void {
    const { events, verifier } = this.#options
    const isAwaited =
      reading.kind === 'hostAnswer'
        ? verifier.answered(this, reading.host)
        : verifier.reported(this, reading.report)
    if (!isAwaited) events.emit({ type: 'ignored', id: this.#owner.id, kind: 'discovery' })
  }

  #handleAdvice(advice: Advice): void {
    const { events } = this.#options
    const { id } = this.#owner
    const topic = topicOf(advice.code)
    const words = `${advice.code} ${advice.text}`
    if (this.#advice?.get(topic) === words) return events.emit({ type: 'ignored', id, kind: 'event' })
    this.#advice ??= new Map()
    this.#advice.set(topic, words)
    if (topic === 'address') this.isUnpublished = isUnpublished(advice.code)
    events.emit({ type: 'advice', id, advice })
  }
}
