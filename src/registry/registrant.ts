import type { WebSocket } from 'ws'
import type { Clock } from '../clock.ts'
import { type Endpoint, isPort } from '../wire/discovery.ts'
import { formatEvent, isObject, parseFrame, REGISTERED, ROGER } from '../wire/envelope.ts'
import { isRegistrant, type Subprotocol } from '../wire/subprotocol.ts'

/** How long a registrant may take to say its port before the one in its subprotocol is published. */
const QUESTION_MS = 2000
/** How long an answer may be published again. It dies with its registrant, so that it is never a lie. */
const ANSWER_KEPT_MS = 1000

/** One socket of somebody who holds a token. */
export class Registrant {
  readonly #socket: WebSocket
  readonly #clock: Clock
  readonly #subprotocol: Subprotocol
  readonly #address: string
  readonly #pending = new Map<number, (port: unknown) => void>()
  #lastQuestion = 0
  /** The newest question, and its answer when that is there. */
  #question: { readonly askedMs: number; readonly answer: Promise<unknown> } | undefined
  #alive = true

  /** @param address where the socket comes from */
  constructor(socket: WebSocket, subprotocol: Subprotocol, address: string, clock: Clock) {
    this.#socket = socket
    this.#clock = clock
    this.#subprotocol = subprotocol
    this.#address = withoutMapping(address)
    socket.on('message', (data, isBinary) => {
      if (!isBinary) this.#hear(data.toString())
    })
    socket.on('pong', () => {
      this.#alive = true
    })
    socket.on('close', () => {
      for (const resolve of this.#pending.values()) resolve(undefined)
    })
    // Broken frames close the socket; that is all there is to do about them.
    socket.on('error', () => {})
    socket.send(formatEvent(REGISTERED))
  }

  /** Whether discovery may find it. */
  get findable(): boolean {
    return isRegistrant(this.#subprotocol)
  }

  /** Where its puppet is: the port is asked for; undefined if none can be had, or no client could use the address. */
  async endpoint(): Promise<Endpoint | undefined> {
    const host = this.#subprotocol.host || this.#address
    const answered = await this.#port()
    if (this.#socket.readyState !== this.#socket.OPEN) return undefined
    const port = isPort(answered) ? answered : Number(this.#subprotocol.port)
    return isPort(port) && host !== '' && !host.includes(':') ? { host, port } : undefined
  }

  /** Pings; whoever has not answered the ping before is dropped. */
  heartbeat(): void {
    if (!this.#alive) return this.#socket.terminate()
    this.#alive = false
    this.#socket.ping()
  }

  /** Discoveries within a second of a question share its answer: a popular token must not flood its registrant. */
  #port(): Promise<unknown> {
    const nowMs = this.#clock.now()
    if (this.#question === undefined || nowMs - this.#question.askedMs >= ANSWER_KEPT_MS) {
      this.#question = { askedMs: nowMs, answer: this.#ask() }
    }
    return this.#question.answer
  }

  #ask(): Promise<unknown> {
    this.#lastQuestion += 1
    const id = this.#lastQuestion
    const payload = { jsonrpc: '2.0', id, method: 'getHostieGrpcPort' }
    return new Promise((resolve) => {
      const settle = (port: unknown): void => {
        cancel()
        this.#pending.delete(id)
        resolve(port)
      }
      const cancel = this.#clock.after(QUESTION_MS, () => settle(undefined))
      this.#pending.set(id, settle)
      this.#socket.send(formatEvent({ name: 'jsonrpc', payload }))
    })
  }

  #hear(text: string): void {
    const frame = parseFrame(text)
    const event = frame.kind === 'event' ? frame.event : undefined
    const message =
      event?.name === 'jsonrpc' ? event.payload : frame.kind === 'bare' ? frame.object : undefined
    if (isObject(message) && typeof message.id === 'number') this.#pending.get(message.id)?.(message.result)
    if (event !== undefined) this.#socket.send(formatEvent(ROGER))
  }
}

/** `::ffff:1.2.3.4` is how a socket that listens on `::` names an IPv4 peer; clients cannot use it. */
function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}
