import type { WebSocket } from 'ws'
import type { Clock } from '../lib/clock.ts'
import { type RateLimit, RateLimiter } from '../lib/rate-limiter.ts'
import {
  type Envelope,
  type Frame,
  formatEvent,
  jsonRpcMessage,
  parseFrame,
  REGISTERED,
  ROGER,
} from './envelope.ts'
import type { Heartbeat, Watched } from './heartbeat.ts'
import { PORT_QUERY_MS, PortQuery, type PortQueryOptions } from './port-query.ts'

/** Bytes that may wait for a registrant that does not read. */
const UNREAD_MAX_BYTES = 16 * 1024

const ROGER_TEXT = formatEvent(ROGER)

/**
 * How any session may end. `silent`: no pong in time. `unread`: the registrant does not read. `frame`: it sent what is no
 * frame of RFC 6455, or one that is too large.
 */
export type SessionEndCause = 'closed' | 'silent' | 'unread' | 'frame'

export interface RegistrantSessionOptions {
  readonly token: string
  readonly clock: Clock
  readonly heartbeat: Pick<Heartbeat, 'watch' | 'unwatch' | 'ponged'>
}

/** The server's side of a registrant's WebSocket: one of a registry, or of the sidecar's server for a gateway. */
export abstract class RegistrantSession<OwnCause extends string = never> implements Watched {
  readonly token: string
  /** Frames so far, pings and pongs included. */
  received = 0
  protected readonly socket: WebSocket
  protected readonly clock: Clock
  protected readonly frameLimiter: RateLimiter
  protected readonly heartbeat: RegistrantSessionOptions['heartbeat']
  #portQuery: PortQuery | undefined
  #hasLeft = false

  /** @param frameRate how many frames may come in a time, pings and pongs included */
  constructor(
    socket: WebSocket,
    { token, clock, heartbeat }: RegistrantSessionOptions,
    frameRate: RateLimit,
  ) {
    this.token = token
    this.socket = socket
    this.clock = clock
    this.frameLimiter = new RateLimiter(frameRate)
    this.heartbeat = heartbeat
    socket.on('message', (data, isBinary) => this.#receive(isBinary ? undefined : data.toString()))
    socket.on('ping', () => this.#receivePingOrPong())
    socket.on('pong', () => {
      this.onPong()
      this.#receivePingOrPong()
    })
    // The library closes for a broken frame before it emits the error, whose cause is the one that counts.
    socket.on('closing', (code?: number) => queueMicrotask(() => this.leave(this.causeOf(code))))
    socket.on('close', (code?: number) => this.leave(this.causeOf(code)))
    socket.on('error', () => this.onBrokenFrame())
  }

  /** Tells the registrant that it is registered. To be called once, when the owner of the session is ready for its end. */
  start(): void {
    this.heartbeat.watch(this)
    this.send(REGISTERED)
  }

  /** Whether its end has begun, by whichever side. */
  get hasLeft(): boolean {
    return this.#hasLeft
  }

  send(event: Envelope): void {
    this.#write(formatEvent(event))
  }

  ping(): void {
    if (this.#isReading()) this.socket.ping()
  }

  /** The link is dead: a close frame would not arrive. */
  silent(): void {
    this.#abort('silent')
  }

  terminate(): void {
    this.socket.terminate()
  }

  protected onPong(): void {}

  /** Something came, whatever it is. */
  protected onFrame(): void {}

  /** More frames came than `frameRate` allows. Returns whether this one is to be handled. */
  protected abstract onTooManyFrames(): boolean

  /**
   * A frame came that holds no JSON-RPC message. Returns whether it is answered with `roger`.
   *
   * @param frame undefined for a binary one
   */
  protected abstract onOtherFrame(frame: Frame | undefined): boolean

  /** What a close code means; 1006 and undefined: there was no close frame. */
  protected abstract causeOf(code: number | undefined): SessionEndCause | OwnCause

  /** Called once, when the end begins. */
  protected abstract onLeave(cause: SessionEndCause | OwnCause): void

  /** The library has told the registrant what is wrong, and closes. */
  protected onBrokenFrame(): void {
    this.leave('frame')
  }

  /** Asks for the port of its puppet. Only one query may run at a time. */
  protected queryPort(id: number, onEnd: PortQueryOptions['onEnd'], timeoutMs = PORT_QUERY_MS): void {
    this.#portQuery = new PortQuery({
      id,
      clock: this.clock,
      timeoutMs,
      send: (event) => this.send(event),
      onEnd: (result, port) => {
        this.#portQuery = undefined
        onEnd(result, port)
      },
    })
    // It may have left because it did not read what was sent before.
    if (this.#hasLeft) this.#portQuery.abandon()
  }

  protected close(code: number, cause: SessionEndCause | OwnCause, reason: string): void {
    if (this.#hasLeft) return
    this.leave(cause)
    this.socket.close(code, reason)
  }

  protected leave(cause: SessionEndCause | OwnCause): void {
    if (this.#hasLeft) return
    this.#hasLeft = true
    this.heartbeat.unwatch(this)
    this.onLeave(cause)
    this.#portQuery?.abandon()
  }

  /** @param text undefined for a binary frame */
  #receive(text: string | undefined): void {
    if (!this.#count()) return
    const frame = text === undefined ? undefined : parseFrame(text)
    const message = frame && jsonRpcMessage(frame)
    if (message !== undefined) this.#portQuery?.receive(message)
    if (message !== undefined || this.onOtherFrame(frame)) this.#write(ROGER_TEXT)
    else this.#isReading()
  }

  /** The library answers a ping itself, whether the answer is read or not. */
  #receivePingOrPong(): void {
    if (this.#count()) this.#isReading()
  }

  /** Counts a frame. Returns whether it is to be handled. */
  #count(): boolean {
    if (this.#hasLeft) return false
    this.received += 1
    this.onFrame()
    return this.frameLimiter.take(this.clock.now()) || this.onTooManyFrames()
  }

  #write(text: string): void {
    if (this.#isReading()) this.socket.send(text)
  }

  /** Whether the registrant is there and reads what it is sent. Ends the session if it does not read. */
  #isReading(): boolean {
    if (this.#hasLeft) return false
    if (this.socket.bufferedAmount <= UNREAD_MAX_BYTES) return true
    this.#abort('unread')
    return false
  }

  #abort(cause: SessionEndCause): void {
    this.leave(cause)
    this.socket.terminate()
  }
}
