import type { WebSocket } from 'ws'
import type { Clock } from '../clock.ts'
import type { Watched } from '../heartbeat.ts'
import { Question, type QuestionResult } from '../question.ts'
import type { Endpoint } from '../wire/discovery.ts'
import { type Envelope, formatEvent, isObject, parseFrame, REGISTERED, ROGER } from '../wire/envelope.ts'
import type { Listed } from './book.ts'
import type { LeaveCause } from './facts.ts'
import { EVENTS_PER_SECOND, UNREAD_MAX_BYTES } from './limits.ts'
import type { Offer } from './offer.ts'

/** How long an answer is published again, in milliseconds. It dies with its registrant, so that it is never a lie. */
const ANSWER_KEPT_MS = 1000
const SECOND_MS = 1000
const ROGER_TEXT = formatEvent(ROGER)

/** Close codes (RFC 6455 §7.4.1). */
const GOING_AWAY = 1001
const POLICY_VIOLATION = 1008

/** Who hears of a registrant. */
export interface RegistrantListener {
  asked(result: QuestionResult, tookMs: number): void
  /** It asks where its token is. */
  wondered(registrant: Registrant): void
  ponged(registrant: Registrant): void
  /** It cannot be found any more; called once, when its end begins. */
  left(registrant: Registrant, cause: LeaveCause): void
}

/** What a registrant is made of. */
export interface RegistrantOptions {
  readonly token: string
  /** Where it comes from; empty if that is not known. */
  readonly address: string
  /** Whether it may be somewhere else, behind a proxy that nobody named; default: no. */
  readonly doubted?: boolean
  readonly offer: Offer
  readonly clock: Clock
  readonly listener: RegistrantListener
}

/** One socket of somebody who holds a token. */
export class Registrant implements Listed, Watched {
  readonly token: string
  readonly address: string
  readonly doubted: boolean
  readonly offer: Offer
  readonly joinedMs: number
  /** Frames so far. */
  received = 0
  readonly #socket: WebSocket
  readonly #clock: Clock
  readonly #listener: RegistrantListener
  #left = false
  #question: { readonly running: Question; readonly endpoint: Promise<Endpoint | undefined> } | undefined
  #lastId = 0
  /** What came of the last question. A failure is kept as well: who is asked for each discovery would have to flood us. */
  #kept: { readonly endpoint: Endpoint | undefined; readonly untilMs: number } | undefined
  #secondMs = 0
  #events = 0

  constructor(
    socket: WebSocket,
    { token, address, doubted = false, offer, clock, listener }: RegistrantOptions,
  ) {
    this.token = token
    this.address = address
    this.doubted = doubted
    this.offer = offer
    this.joinedMs = Math.floor(clock.now())
    this.#socket = socket
    this.#clock = clock
    this.#listener = listener
    socket.on('message', (data, isBinary) => this.#hear(isBinary ? undefined : data.toString()))
    socket.on('ping', () => this.#hear(undefined))
    socket.on('pong', () => {
      this.#hear(undefined)
      listener.ponged(this)
    })
    // A frame that breaks the protocol closes before it is told as an error: that has its turn first.
    socket.on('closing', () => queueMicrotask(() => this.#leave()))
    socket.on('close', () => this.#leave())
    socket.on('error', () => {
      // Not a frame of RFC 6455, or one that is too large: ws has told the peer, and closes.
      this.#leave('frame')
    })
    this.#send(REGISTERED)
    if (offer.trouble !== '') this.advise(offer.trouble)
  }

  /** Whether discovery may find it. */
  get findable(): boolean {
    return this.offer.isRegistrant && !this.#left
  }

  /** What it said last, if that is less than a second old. */
  get kept(): Endpoint | undefined {
    return this.#isFresh() ? this.#kept?.endpoint : undefined
  }

  /** What it said last, however long ago. */
  get said(): Endpoint | undefined {
    return this.#kept?.endpoint
  }

  /** Where its puppet is: the port is asked for. Undefined if none can be had, no client could use it, or it leaves. */
  async endpoint(): Promise<Endpoint | undefined> {
    if (this.#left || this.offer.host === undefined) return undefined
    if (this.#isFresh()) return this.#kept?.endpoint
    return (this.#question ?? this.#ask(this.offer.host)).endpoint
  }

  /** Tells it something in words. */
  advise(text: string): void {
    this.#send({ name: 'sys', payload: text })
  }

  /** Answers its wondering where its token is. */
  tellHost(host: string): void {
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

  /** Ends it without a word. */
  terminate(): void {
    this.#socket.terminate()
  }

  #isFresh(): boolean {
    return !this.#left && this.#kept !== undefined && this.#clock.now() < this.#kept.untilMs
  }

  #ask(host: string): { running: Question; endpoint: Promise<Endpoint | undefined> } {
    const askedMs = this.#clock.now()
    let resolve: (endpoint: Endpoint | undefined) => void
    const endpoint = new Promise<Endpoint | undefined>((done) => {
      resolve = done
    })
    this.#lastId += 2
    const running = new Question({
      id: this.#lastId,
      clock: this.#clock,
      send: (event) => this.#send(event),
      onEnd: (result, said) => {
        this.#question = undefined
        this.#listener.asked(result, this.#clock.now() - askedMs)
        resolve(result === 'left' ? undefined : this.#keep(host, said ?? this.offer.port))
      },
    })
    this.#question = { running, endpoint }
    // It may have left while it was asked.
    if (this.#left) running.abandon()
    return { running, endpoint }
  }

  #keep(host: string, port: number | undefined): Endpoint | undefined {
    const endpoint = port === undefined ? undefined : { host, port }
    this.#kept = { endpoint, untilMs: this.#clock.now() + ANSWER_KEPT_MS }
    return endpoint
  }

  /** @param text undefined for what is only counted */
  #hear(text: string | undefined): void {
    if (this.#left) return
    this.received += 1
    if (this.#floods()) {
      this.#close(POLICY_VIOLATION, 'flood', `more than ${EVENTS_PER_SECOND} events in a second`)
      // What is still on its way need not be read: the socket ends without it.
      return this.#socket.pause()
    }
    // Pings are answered by the WebSocket itself, whether that is read or not.
    if (text === undefined) return void this.#reads()
    const frame = parseFrame(text)
    if (frame.kind === 'event' && frame.event.name === 'hostie') return this.#listener.wondered(this)
    const message = frame.kind === 'event' && frame.event.name === 'jsonrpc' ? frame.event.payload : undefined
    if (isObject(message)) this.#question?.running.hear(message)
    if (frame.kind === 'bare') this.#question?.running.hear(frame.object)
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

  #leave(cause: LeaveCause = 'closed'): void {
    if (this.#left) return
    this.#left = true
    this.#kept = undefined
    this.#listener.left(this, cause)
    this.#question?.running.abandon()
  }
}
