import type { Duplex } from 'node:stream'
import { Tally } from './tally.ts'

/** How many clients may wait at a time. */
export interface WaitingLimits {
  readonly inAll: number
  readonly perAddress: number
}

/** A client that waits for its answer. */
export interface WaitingClient<Response> {
  /** It is answered now: where to, if it is still there. */
  leave(): Response | undefined
}

/**
 * Counts clients that wait for their answers, by address and in all. Each counts until it is answered or its connection is
 * closed, whichever comes first: both are certain, while Node.js tells of the end of a response only when it has its turn on
 * the connection.
 */
export class WaitingClients<Response> {
  readonly #limits: WaitingLimits
  readonly #byAddress = new Tally()
  /** Those of each connection. One listener for all of them: requests may come one behind the other. */
  readonly #byConnection = new WeakMap<Duplex, Set<WaitingClient<Response>>>()
  #size = 0

  constructor(limits: WaitingLimits) {
    this.#limits = limits
  }

  /** How many there are. */
  get size(): number {
    return this.#size
  }

  /**
   * One more of an address, on a connection that is open; undefined if too many wait.
   *
   * @param response is let go of when the connection closes, however long the answer may take
   */
  enter(address: string, connection: Duplex, response: Response): WaitingClient<Response> | undefined {
    const { inAll, perAddress } = this.#limits
    if (this.#size >= inAll || this.#byAddress.of(address) >= perAddress) return undefined
    const those = this.#of(connection)
    let held: Response | undefined = response
    const client: WaitingClient<Response> = {
      leave: () => {
        const left = held
        held = undefined
        if (!those.delete(client)) return undefined
        this.#byAddress.remove(address)
        this.#size -= 1
        return left
      },
    }
    this.#byAddress.add(address)
    this.#size += 1
    those.add(client)
    return client
  }

  #of(connection: Duplex): Set<WaitingClient<Response>> {
    const known = this.#byConnection.get(connection)
    if (known !== undefined) return known
    const those = new Set<WaitingClient<Response>>()
    this.#byConnection.set(connection, those)
    connection.on('close', () => {
      for (const client of those) client.leave()
    })
    return those
  }
}
