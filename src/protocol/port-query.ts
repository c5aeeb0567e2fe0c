import { afterPatience, type Cancel, type Clock } from '../lib/clock.ts'
import { isPort } from './discovery.ts'
import { type Envelope, isObject } from './envelope.ts'

/** How long a registrant may take to answer, in milliseconds: the least patient clients wait 10 s for a whole discovery. */
export const PORT_QUERY_MS = 2000

/** How a query ended: with a port, with another answer, without an answer, or because the registrant left. */
export const PORT_QUERY_RESULTS = ['answered', 'invalid', 'timeout', 'left'] as const
export type PortQueryResult = (typeof PORT_QUERY_RESULTS)[number]

/** What the public registry sends, and what the public document says that it sends. */
export const METHODS = ['getHostieGrpcPort', 'hostieGrpcPort'] as const
/** JSON-RPC 2.0 §5.1. */
const METHOD_NOT_FOUND = -32601

export interface PortQueryOptions {
  /** The id of its first message; it uses this one and the next. */
  readonly id: number
  readonly clock: Clock
  /** How long the answer may take, in milliseconds. */
  readonly timeoutMs: number
  readonly send: (event: Envelope) => void
  /** Called once; `port` is there if it was answered. */
  readonly onEnd: (result: PortQueryResult, port: number | undefined) => void
}

/** Asks a registrant for its port by JSON-RPC, under the second method name where it does not know the first. */
export class PortQuery {
  readonly #options: PortQueryOptions
  readonly #cancelTimer: Cancel
  #sent = 0
  #hasEnded = false

  /** Sends the first request. */
  constructor(options: PortQueryOptions) {
    this.#options = options
    this.#cancelTimer = afterPatience(options.clock, options.timeoutMs, () => this.#end('timeout'))
    this.#send()
  }

  /** Takes a JSON-RPC message of the registrant. Ignores what does not answer this query. */
  receive({ id, result, error }: Record<string, unknown>): void {
    if (id !== this.#currentId) return
    const unknownMethod = isObject(error) && error.code === METHOD_NOT_FOUND
    if (unknownMethod && this.#sent < METHODS.length) return this.#send()
    if (isPort(result)) this.#end('answered', result)
    else this.#end('invalid')
  }

  /** The registrant has left: nobody will answer. */
  abandon(): void {
    this.#end('left')
  }

  get #currentId(): number {
    return this.#options.id + this.#sent - 1
  }

  #send(): void {
    const method = METHODS[this.#sent]
    this.#sent += 1
    this.#options.send({ name: 'jsonrpc', payload: { jsonrpc: '2.0', id: this.#currentId, method } })
  }

  #end(result: PortQueryResult, port?: number): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#cancelTimer()
    this.#options.onEnd(result, port)
  }
}
