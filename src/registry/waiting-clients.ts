import type { Duplex } from 'node:stream'
import { type Share, Shares } from '../lib/shares.ts'

/** One client that waits. */
interface Wait<Response> extends Share {
  /** Where its answer is sent; undefined when its connection is closed. */
  response: Response | undefined
  readonly ofConnection: Set<Wait<Response>>
  /** Gives up the wait: `response` is where to say so. */
  readonly giveUp: (response: Response | undefined) => void
}

/**
 * Counts clients that wait for their answers, by address and in all. Each counts until its answer is there, whether its
 * connection is still open or not: a client that hangs up and comes again must not wait more often than others. Where all places are
 * taken, the oldest wait gives way of the address that has most: mostly, one that waits for what never answers.
 */
export class WaitingClients<Response> {
  readonly #limits: { readonly perAddress: number; readonly inAll: number }
  readonly #waits = new Shares<Wait<Response>>()
  /** Those of each connection. One listener for all of them: requests may come one behind the other. */
  readonly #byConnection = new WeakMap<Duplex, Set<Wait<Response>>>()

  /** @param limits how many clients may wait at a time */
  constructor(limits: { readonly perAddress: number; readonly inAll: number }) {
    this.#limits = limits
  }

  get size(): number {
    return this.#waits.size
  }

  /** How many clients of an address are counted. */
  of(address: string): number {
    return this.#waits.of(address)
  }

  /**
   * Counts one more client on an open connection; undefined if too many of its address wait. What is returned is to be called when the
   * answer is there: it returns where to send it, if the connection is still open and the wait was not given up.
   *
   * @param response is let go of when the connection closes, however long the answer may take
   * @param giveUp called when the wait gives way to another
   */
  enter(
    address: string,
    connection: Duplex,
    response: Response,
    giveUp: Wait<Response>['giveUp'],
  ): (() => Response | undefined) | undefined {
    const { inAll, perAddress } = this.#limits
    if (this.#waits.of(address) >= perAddress) return undefined
    const leastUseful = this.#waits.size < inAll ? undefined : this.#waits.least(this.#waits.most(address))
    if (leastUseful !== undefined) leastUseful.giveUp(this.#leave(leastUseful))
    const ofConnection = this.#of(connection)
    const wait: Wait<Response> = { key: address, worth: 0, response, ofConnection, giveUp }
    this.#waits.add(wait)
    ofConnection.add(wait)
    return () => this.#leave(wait)
  }

  /** Undefined if it has left, or its connection is closed. */
  #leave(wait: Wait<Response>): Response | undefined {
    const { response } = wait
    wait.response = undefined
    wait.ofConnection.delete(wait)
    this.#waits.remove(wait)
    return response
  }

  #of(connection: Duplex): Set<Wait<Response>> {
    const known = this.#byConnection.get(connection)
    if (known !== undefined) return known
    const all = new Set<Wait<Response>>()
    this.#byConnection.set(connection, all)
    connection.on('close', () => {
      for (const wait of all) wait.response = undefined
    })
    return all
  }
}
