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
  readonly #onBusy: (socket: Duplex, isBusy: boolean) => void

  /** @param onBusy told when the first request of a connection that had none waits for its answer, and when none is left */
  constructor(onBusy: (socket: Duplex, isBusy: boolean) => void = () => {}) {
    this.#onBusy = onBusy
  }

  /** A request came on a connection; false if that has too many without an answer. */
  enter(socket: Duplex, response: ServerResponse): boolean {
    const count = this.#of(socket) + 1
    if (count > PIPELINED_MAX) return false
    this.#unanswered.set(socket, count)
    if (count === 1) this.#onBusy(socket, true)
    // `once` would wrap it in what lives long enough to make V8 clean up a fifth of the time. Where the connection ends first, only the response
    // that had its turn emits it: nothing may be counted by it that outlives the connection.
    response.on('close', () => this.#answered(socket))
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

  #answered(socket: Duplex): void {
    const left = this.#of(socket) - 1
    this.#unanswered.set(socket, left)
    if (left === 0) this.#onBusy(socket, false)
  }

  #of(socket: Duplex): number {
    return this.#unanswered.get(socket) ?? 0
  }
}
