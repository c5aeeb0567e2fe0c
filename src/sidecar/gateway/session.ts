import type { WebSocket } from 'ws'
import type { Cancel } from '../../lib/clock.ts'
import { CLOSE } from '../../protocol/close-codes.ts'
import type { Frame } from '../../protocol/envelope.ts'
import type { PortQueryOptions } from '../../protocol/port-query.ts'
import {
  RegistrantSession,
  type RegistrantSessionOptions,
  type SessionEndCause,
} from '../../protocol/registrant-session.ts'

/** After 100 frames in a second no more is read from the network until it is over. What was read is handled, nothing is lost. */
const FRAME_RATE = { limit: 99, windowMs: 1000 } as const
/** How long a gateway may take to say its port, in milliseconds: it may have much to do at its start, and no client waits for the answer. */
const PORT_QUERY_MS = 60_000

export interface GatewaySessionListener {
  /** The port of a gateway's puppet; undefined: it did not say. */
  onPort(token: string, port: number | undefined): void
  /** A gateway sent an event, which goes nowhere. */
  onEvent(): void
  /** Called once. */
  onLeave(token: string, cause: SessionEndCause): void
}

/** One gateway: it is told that it is registered, asked once for its port, and everything that it sends is acknowledged. */
export class GatewaySession extends RegistrantSession {
  readonly #listener: GatewaySessionListener
  #cancelPause: Cancel | undefined

  constructor(socket: WebSocket, options: RegistrantSessionOptions, listener: GatewaySessionListener) {
    super(socket, options, FRAME_RATE)
    this.#listener = listener
  }

  override start(): void {
    super.start()
    const onEnd: PortQueryOptions['onEnd'] = (result, port) => {
      if (result !== 'left') this.#listener.onPort(this.token, port)
    }
    this.queryPort(1, onEnd, PORT_QUERY_MS)
  }

  /** The sidecar ends: the gateway comes back to the next one. */
  goAway(): void {
    this.close(CLOSE.goingAway, 'closed', 'the sidecar ends')
  }

  /** Any frame is as good as a pong, which may wait behind it. */
  protected override onFrame(): void {
    this.heartbeat.ponged(this)
  }

  /** A gateway may have saved up a lot while it was alone. It is not sent away for that, but made to wait. */
  protected override onTooManyFrames(): boolean {
    if (this.#cancelPause !== undefined) return true
    this.socket.pause()
    this.#cancelPause = this.clock.after(this.frameLimiter.leftMs(this.clock.now()), () => {
      this.#cancelPause = undefined
      this.socket.resume()
    })
    return true
  }

  protected override onOtherFrame(_frame: Frame | undefined): boolean {
    this.#listener.onEvent()
    return true
  }

  protected override onBrokenFrame(): void {
    super.onBrokenFrame()
    // The library reads on for the other half of the close. What else is on its way may be as large as it likes.
    queueMicrotask(() => this.socket.pause())
  }

  protected override causeOf(): SessionEndCause {
    return 'closed'
  }

  protected override onLeave(cause: SessionEndCause): void {
    this.#cancelPause?.()
    this.#listener.onLeave(this.token, cause)
  }
}
