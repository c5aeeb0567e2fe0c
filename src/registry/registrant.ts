import type { WebSocket } from 'ws'
import type { Clock } from '../lib/clock.ts'
import type { Endpoint } from '../protocol/discovery.ts'
import { type Envelope, formatEvent, isObject, parseFrame, REGISTERED, ROGER } from '../protocol/envelope.ts'
import type { Watched } from '../protocol/heartbeat.ts'
import type { PortQueryResult } from '../protocol/port-query.ts'
import { REPLACED_CODE } from '../protocol/registration.ts'
import type { Advertised } from './advertised-endpoint.ts'
import { EndpointQuery } from './endpoint-query.ts'
import { closeCause, type LeaveCause } from './events.ts'
import { EVENTS_PER_SECOND, UNREAD_MAX_BYTES } from './limits.ts'
import type { TableEntry } from './registration-table.ts'

const SECOND_MS = 1000
const ROGER_TEXT = formatEvent(ROGER)

/** Close codes (RFC 6455 §7.4.1). */
const GOING_AWAY = 1001
const POLICY_VIOLATION = 1008

const GONE = Promise.resolve(undefined)

/** Who hears of a registrant. */
export interface RegistrantListener {
  asked(result: PortQueryResult, tookMs: number): void
  /** It asks where its token is. */
  onHostQuery(registrant: Registrant): void
  ponged(registrant: Registrant): void
  /** It was asked, and nothing was heard of it in time, not even a pong: its link may be dead. */
  muted(registrant: Registrant): void
  /** Something was heard of one that was mute. */
  unmuted(registrant: Registrant): void
  /** It cannot be found any more; called once, when its end begins. */
  left(registrant: Registrant, cause: LeaveCause): void
}

/** What a registrant is made of. */
export interface RegistrantOptions {
  readonly token: string
  /** Where it comes from; empty if that is not known. */
  readonly address: string
  /** Whether it may be somewhere else, behind a proxy that nobody named; default: no. */
  readonly addressUnverified?: boolean
  readonly advertised: Advertised
  readonly clock: Clock
  readonly listener: RegistrantListener
}

/** One socket of somebody who holds a token. */
export class Registrant implements TableEntry, Watched {
  readonly token: string
  readonly address: string
  readonly addressUnverified: boolean
  readonly advertised: Advertised
  readonly joinedMs: number
  /** Frames so far. */
  received = 0
  readonly #socket: WebSocket
  readonly #clock: Clock
  readonly #listener: RegistrantListener
  readonly #query: EndpointQuery
  #left = false
  #secondMs = 0
  #events = 0

  constructor(
    socket: WebSocket,
    { token, address, addressUnverified = false, advertised, clock, listener }: RegistrantOptions,
  ) {
    this.token = token
    this.address = address
    this.addressUnverified = addressUnverified
    this.advertised = advertised
    this.joinedMs = Math.floor(clock.now())
    this.#socket = socket
    this.#clock = clock
    this.#listener = listener
    this.#query = new EndpointQuery({
      clock,
      advertised,
      send: (event) => this.#send(event),
      ping: () => this.ping(),
      onEnd: (result, tookMs) => listener.asked(result, tookMs),
      onMute: () => listener.muted(this),
      onHeard: () => listener.unmuted(this),
    })
    socket.on('message', (data, isBinary) => this.#hear(isBinary ? undefined : data.toString()))
    socket.on('ping', () => this.#hear(undefined))
    socket.on('pong', () => {
      this.#hear(undefined)
      listener.ponged(this)
    })
    // A frame that breaks the protocol closes before it is told as an error: that has its turn first.
    socket.on('closing', (cause: LeaveCause) => queueMicrotask(() => this.#leave(cause)))
    socket.on('close', (code: number) => this.#leave(closeCause(code)))
    socket.on('error', () => {
      // Not a frame of RFC 6455, or one that is too large: ws has told the peer, and closes.
      this.#leave('frame')
    })
    this.#send(REGISTERED)
    if (advertised.trouble !== '') this.advise(advertised.trouble)
  }

  /** Whether discovery may find it. */
  get findable(): boolean {
    return this.advertised.isRegistrant && !this.#left && !this.isMute
  }

  /** Whether nothing was heard of it since it was asked. */
  get isMute(): boolean {
    return this.#query.isMute
  }

  /** What it said last, if that is less than a second old. */
  get cachedEndpoint(): Endpoint | undefined {
    return this.#left ? undefined : this.#query.cachedEndpoint
  }

  /** What it said last, however long ago. */
  get lastEndpoint(): Endpoint | undefined {
    return this.#query.lastEndpoint
  }

  /** Where its puppet is: the port is asked for. Undefined if none can be had, no client could use it, or it leaves. */
  endpoint(): Promise<Endpoint | undefined> {
    return this.#left ? GONE : this.#query.endpoint()
  }

  /** Tells it something in words. */
  advise(text: string): void {
    this.#send({ name: 'sys', payload: text })
  }

  /** Answers its wondering where its token is. */
  sendHost(host: string): void {
    this.#send({ name: 'hostie', payload: host })
  }

  ping(): void {
    if (this.#reads()) this.#socket.ping()
  }

  /** No pong in time: the link is dead, and nobody is there to be told. */
  silent(): void {
    this.#leave('silent')
    this.#socket.terminate()
  }

  /** Tells it that the registry ends. */
  goAway(): void {
    this.#close(GOING_AWAY, 'draining', 'this registry ends; come back in a moment')
  }

  /** Tells it that its token is not on the list any more. */
  delist(): void {
    this.#close(POLICY_VIOLATION, 'delisted', 'this token is not on the list any more')
  }

  /** Tells it that a newer link of the same registrant is there. */
  replace(): void {
    this.#close(REPLACED_CODE, 'replaced', 'a newer link of the same registrant is there')
  }

  /** Ends it without a word. */
  terminate(): void {
    this.#socket.terminate()
  }

  /** @param text undefined for what is only counted */
  #hear(text: string | undefined): void {
    if (this.#left) return
    this.received += 1
    this.#query.heard()
    if (this.#floods()) {
      this.#close(POLICY_VIOLATION, 'flood', `more than ${EVENTS_PER_SECOND} events in a second`)
      // What is still on its way need not be read: the socket ends without it.
      return this.#socket.pause()
    }
    // Pings are answered by the WebSocket itself, whether that is read or not.
    if (text === undefined) return void this.#reads()
    const frame = parseFrame(text)
    if (frame.kind === 'event' && frame.event.name === 'hostie') return this.#listener.onHostQuery(this)
    const message = frame.kind === 'event' && frame.event.name === 'jsonrpc' ? frame.event.payload : undefined
    if (isObject(message)) this.#query.hear(message)
    if (frame.kind === 'bare') this.#query.hear(frame.object)
    this.#write(ROGER_TEXT)
  }

  #floods(): boolean {
    const nowMs = this.#clock.now()
    if (nowMs - this.#secondMs >= SECOND_MS) {
      this.#secondMs = Math.floor(nowMs)
      this.#events = 0
    }
    this.#events += 1
    return this.#events > EVENTS_PER_SECOND
  }

  #send(event: Envelope): void {
    this.#write(formatEvent(event))
  }

  #write(text: string): void {
    if (this.#reads()) this.#socket.send(text)
  }

  /** Whether it is there and reads what it is sent; ends it if it does not. */
  #reads(): boolean {
    if (this.#left) return false
    if (this.#socket.bufferedAmount <= UNREAD_MAX_BYTES) return true
    this.#leave('unread')
    this.#socket.terminate()
    return false
  }

  #close(code: number, cause: LeaveCause, reason: string): void {
    if (this.#left) return
    this.#leave(cause)
    this.#socket.close(code, reason)
  }

  #leave(cause: LeaveCause): void {
    if (this.#left) return
    this.#left = true
    this.#listener.left(this, cause)
    this.#query.end()
  }
}
