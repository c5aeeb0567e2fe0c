import { afterPatience, type Cancel, type Clock } from '../lib/clock.ts'
import { isPort } from './discovery.ts'
import { type Envelope, isObject } from './envelope.ts'

/** How long a registrant may take to say its port, in milliseconds: the least patient clients wait 10 s for all of it. */
export const PORT_QUERY_MS = 2000

/** How a question ended: with a port, with something else, without an answer, or without its registrant. */
export type PortQueryResult = 'answered' | 'invalid' | 'timeout' | 'left'

/** What the public registry asks, and what the public document says that it asks. */
const METHODS = ['getHostieGrpcPort', 'hostieGrpcPort'] as const
/** JSON-RPC 2.0 §5.1. */
const METHOD_NOT_FOUND = -32601

/** What a question needs. */
export interface PortQueryOptions {
  /** The id of its first message; it uses this one and the next. */
  readonly id: number
  readonly clock: Clock
  /** How long it may take, in milliseconds; default 2000. */
  readonly patienceMs?: number
  readonly send: (event: Envelope) => void
  /** Called once; `port` is there if it was answered. */
  readonly onEnd: (result: PortQueryResult, port: number | undefined) => void
}

/** One question for a registrant's port, on its way. */
export class PortQuery {
  readonly #options: PortQueryOptions
  readonly #cancelTimer: Cancel
  #asked = 0
  #over = false

  /** Asks. */
  constructor(options: PortQueryOptions) {
    this.#options = options
    this.#cancelTimer = afterPatience(options.clock, options.patienceMs ?? PORT_QUERY_MS, () =>
      this.#end('timeout'),
    )
    this.#ask()
  }

  /** Takes a JSON-RPC message of the registrant; what does not answer this question is none of its business. */
  hear({ id, result, error }: Record<string, unknown>): void {
    if (id !== this.#currentId) return
    const unknownMethod = isObject(error) && error.code === METHOD_NOT_FOUND
    if (unknownMethod && this.#asked < METHODS.length) return this.#ask()
    if (isPort(result)) this.#end('answered', result)
    else this.#end('invalid')
  }

  /** The registrant is gone: nobody will answer. */
  abandon(): void {
    this.#end('left')
  }

  get #currentId(): number {
    return this.#options.id + this.#asked - 1
  }

  #ask(): void {
    const method = METHODS[this.#asked]
    this.#asked += 1
    this.#options.send({ name: 'jsonrpc', payload: { jsonrpc: '2.0', id: this.#currentId, method } })
  }

  #end(result: PortQueryResult, port?: number): void {
    if (this.#over) return
    this.#over = true
    this.#cancelTimer()
    this.#options.onEnd(result, port)
  }
}
