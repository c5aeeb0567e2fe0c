import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** Requests of one connection that wait for their answers. No client sends a second one before it has the first answer. */
export const PIPELINED_MAX = 16

/**
 * Counts the requests of each connection that have no answer yet. Node.js reads on while answers wait: without a bound, one
 * connection could fill the memory with them.
 */
export class PipelinedRequests {
  readonly #unanswered = new WeakMap<Duplex, number>()

  /** A request came on a connection; false if that has too many without an answer. */
  enter(socket: Duplex, response: ServerResponse): boolean {
    const count = this.#of(socket) + 1
    if (count > PIPELINED_MAX) return false
    this.#unanswered.set(socket, count)
    // `once` would wrap it in what lives long enough to make V8 clean up a fifth of the time.
    response.on('close', () => this.#unanswered.set(socket, this.#of(socket) - 1))
    return true
  }

  /** Whether no request came on a connection yet. */
  isNew(socket: Duplex): boolean {
    return !this.#unanswered.has(socket)
  }

  /** Whether answers are still to be written to a connection: it cannot become anything else before. */
  isBusy(socket: Duplex): boolean {
    return this.#of(socket) > 0
  }

  #of(socket: Duplex): number {
    return this.#unanswered.get(socket) ?? 0
  }
}
