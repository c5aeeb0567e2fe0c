import type { WebSocket } from 'ws'
import type { Cancel, Clock } from '../../lib/clock.ts'
import {
  type Envelope,
  formatEvent,
  isObject,
  parseFrame,
  REGISTERED,
  ROGER,
} from '../../protocol/envelope.ts'
import type { Watched } from '../../protocol/heartbeat.ts'
import { PortQuery, type PortQueryResult } from '../../protocol/port-query.ts'
import type { GatewayLeaveCause as LeaveCause } from '../events.ts'

/**
 * Frames from one gateway in a second after which no more is read from the network; what was read is heard. The rest waits, and
 * is lost by nobody.
 */
const FRAMES_PER_SECOND = 100
const SECOND_MS = 1000
/** How long a gateway may take to say its port, in milliseconds: it may have much to do at its start, and nobody waits for the answer. */
const PORT_QUERY_MS = 60_000
/** Bytes that may wait for a gateway that does not read. */
const UNREAD_MAX_BYTES = 64 * 1024
/** RFC 6455 §7.4.1: going away. */
const GOING_AWAY = 1001
const ROGER_TEXT = formatEvent(ROGER)

/** Who hears of a session. */
export interface GatewaySessionListener {
  /** It was asked for its puppet's port; undefined: it did not say. */
  saidPort(session: GatewaySession, result: PortQueryResult, port: number | undefined): void
  /** It told something, which goes nowhere. */
  told(session: GatewaySession): void
  /** Something came from it. What waits to be read may have a pong in it: it is not dead for being made to wait. */
  lives(session: GatewaySession): void
  /** Called once. */
  left(session: GatewaySession, cause: LeaveCause): void
}

/** One gateway at the door: it is told that it is registered, and that whatever it says was heard. */
export class GatewaySession implements Watched {
  readonly token: string
  /** Frames so far. */
  received = 0
  readonly #socket: WebSocket
  readonly #clock: Clock
  readonly #listener: GatewaySessionListener
  readonly #question: PortQuery
  #left = false
  #secondMs = 0
  #frames = 0
  #cancelRest: Cancel | undefined

  constructor(
    socket: WebSocket,
    { token, clock, listener }: { token: string; clock: Clock; listener: GatewaySessionListener },
  ) {
    this.token = token
    this.#socket = socket
    this.#clock = clock
    this.#listener = listener
    socket.on('message', (data, isBinary) => this.#hear(isBinary ? undefined : data.toString()))
    // Pings are answered by the WebSocket itself, whether that is read or not.
    socket.on('ping', () => {
      this.#count()
      this.#reads()
    })
    socket.on('pong', () => this.#count())
    socket.on('close', () => this.#leave('closed'))
    socket.on('error', () => {
      // Not a frame of RFC 6455, or one that is too large: ws has told the gateway, and closes.
      this.#leave('frame')
      // It reads on for the other half of the close. What else is on its way may be as large as it likes.
      queueMicrotask(() => socket.pause())
    })
    this.#send(REGISTERED)
    this.#question = new PortQuery({
      id: 1,
      clock,
      patienceMs: PORT_QUERY_MS,
      send: (event) => this.#send(event),
      onEnd: (result, port) => listener.saidPort(this, result, port),
    })
  }

  ping(): void {
    if (this.#reads()) this.#socket.ping()
  }

  silent(): void {
    this.terminate('silent')
  }

  /** The sidecar ends: the gateway comes back to the next one. */
  goAway(): void {
    this.#leave('closed')
    this.#socket.close(GOING_AWAY, 'the sidecar ends')
  }

  /** Ends it without a word. */
  terminate(cause: LeaveCause = 'closed'): void {
    this.#leave(cause)
    this.#socket.terminate()
  }

  /** @param text undefined for a binary frame */
  #hear(text: string | undefined): void {
    if (this.#left) return
    this.#count()
    const frame = text === undefined ? undefined : parseFrame(text)
    const event = frame?.kind === 'event' ? frame.event : undefined
    if (event?.name === 'jsonrpc' && isObject(event.payload)) this.#question.hear(event.payload)
    else if (frame?.kind === 'bare') this.#question.hear(frame.object)
    else this.#listener.told(this)
    if (this.#reads()) this.#socket.send(ROGER_TEXT)
  }

  /** A gateway may have saved up a lot while it was alone. It is not sent away for that, but made to wait. */
  #count(): void {
    if (this.#left) return
    this.received += 1
    this.#listener.lives(this)
    const nowMs = this.#clock.now()
    if (nowMs - this.#secondMs >= SECOND_MS) {
      this.#secondMs = nowMs
      this.#frames = 0
    }
    this.#frames += 1
    if (this.#frames < FRAMES_PER_SECOND || this.#cancelRest !== undefined) return
    this.#socket.pause()
    this.#cancelRest = this.#clock.after(this.#secondMs + SECOND_MS - nowMs, () => {
      this.#cancelRest = undefined
      this.#socket.resume()
    })
  }

  #send(event: Envelope): void {
    if (this.#reads()) this.#socket.send(formatEvent(event))
  }

  /** Whether it is there and reads what it is sent; ends it if it does not. */
  #reads(): boolean {
    if (this.#left) return false
    if (this.#socket.bufferedAmount <= UNREAD_MAX_BYTES) return true
    this.terminate('unread')
    return false
  }

  #leave(cause: LeaveCause): void {
    if (this.#left) return
    this.#left = true
    this.#cancelRest?.()
    this.#question.abandon()
    this.#listener.left(this, cause)
  }
}
