import type { Duplex } from 'node:stream'
import { Counter } from '../lib/counter.ts'

/** An address may have this part of what is left, so that there is always something left for who comes next. */
const SHARE = 8

/** A response that is waited for; undefined when its connection is closed. */
interface Held<Response> {
  response: Response | undefined
}

/**
 * Counts clients that wait for their answers, by address and in all. Each counts until its answer is there, whether its
 * connection is still open or not: what was begun for it goes on, and a client that hangs up and comes again must not begin more than others.
 */
export class WaitingClients<Response> {
  readonly #limits: { readonly perAddress: number; readonly inAll: number }
  readonly #byAddress = new Counter()
  /** Those of each connection. One listener for all of them: requests may come one behind the other. */
  readonly #byConnection = new WeakMap<Duplex, Set<Held<Response>>>()
  #size = 0

  /** @param limits how many clients may wait at a time */
  constructor(limits: { readonly perAddress: number; readonly inAll: number }) {
    this.#limits = limits
  }

  get size(): number {
    return this.#size
  }

  /** How many clients of an address are counted. */
  of(address: string): number {
    return this.#byAddress.of(address)
  }

  /**
   * Counts one more client on an open connection; undefined if too many wait. What is returned is to be called when the
   * answer is there: it returns where to send it, if the connection is still open.
   *
   * @param response is let go of when the connection closes, however long the answer may take
   */
  enter(address: string, connection: Duplex, response: Response): (() => Response | undefined) | undefined {
    const { inAll, perAddress } = this.#limits
    const share = Math.ceil((inAll - this.#size) / SHARE)
    if (this.#byAddress.of(address) >= Math.min(perAddress, share)) return undefined
    const ofConnection = this.#of(connection)
    const held: Held<Response> = { response }
    this.#byAddress.add(address)
    this.#size += 1
    ofConnection.add(held)
    return () => {
      if (!ofConnection.delete(held)) return undefined
      this.#byAddress.remove(address)
      this.#size -= 1
      return held.response
    }
  }

  #of(connection: Duplex): Set<Held<Response>> {
    const known = this.#byConnection.get(connection)
    if (known !== undefined) return known
    const all = new Set<Held<Response>>()
    this.#byConnection.set(connection, all)
    connection.on('close', () => {
      for (const held of all) held.response = undefined
    })
    return all
  }
}
