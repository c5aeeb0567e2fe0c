import type { Socket } from 'node:net'
import { Counter } from '../lib/counter.ts'

/** How many TCP connections there may be at a time. */
export interface ConnectionLimits {
  readonly inAll: number
  /** Of one key: of one address, mostly. */
  readonly perKey: number
}

/** A connection that was admitted, and the key that it is counted under; undefined if it is not, or not any more. */
export interface AdmittedConnection {
  key: string | undefined
}

/** Counts TCP connections: a peer that opens thousands and sends nothing must not take what there is for all. */
export class ConnectionLimiter {
  readonly #limits: ConnectionLimits
  readonly #byKey = new Counter()
  #size = 0

  constructor(limits: ConnectionLimits) {
    this.#limits = limits
  }

  /**
   * Counts a new connection; undefined if it may not stay. One that is gone already may not.
   *
   * @param key what it is counted under; undefined if only the limit on all of them counts
   */
  admit(socket: Socket, key: string | undefined): AdmittedConnection | undefined {
    if (socket.remoteAddress === undefined || this.#size >= this.#limits.inAll) return undefined
    if (key !== undefined && this.#byKey.of(key) >= this.#limits.perKey) return undefined
    const connection = { key }
    this.#size += 1
    if (key !== undefined) this.#byKey.add(key)
    socket.once('close', () => {
      this.#size -= 1
      this.release(connection)
    })
    return connection
  }

  /** Counts a connection that stays under its key no more. */
  release(connection: AdmittedConnection): void {
    if (connection.key === undefined) return
    this.#byKey.remove(connection.key)
    connection.key = undefined
  }
}
