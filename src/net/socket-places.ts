import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import {
  type ConnectionLimits,
  ConnectionPlaces,
  type ConnectionUse,
  type Place,
} from './connection-places.ts'
import { rateLimitKey, withoutMapping } from './ip-address.ts'

/** The places of a server's connections, by their sockets, counted by address: without TLS and without proxies. */
export class SocketPlaces {
  readonly #places: ConnectionPlaces
  readonly #bySocket = new WeakMap<Duplex, Place>()

  /** @param onEvict told before a connection is ended that gives way */
  constructor(limits: ConnectionLimits, onEvict?: (socket: Socket) => void) {
    this.#places = new ConnectionPlaces(limits, onEvict)
  }

  /**
   * Gives a new connection a place; false if it may not stay.
   *
   * @param isKept see `ConnectionPlaces.admit`
   */
  admit(socket: Socket, isKept = false): boolean {
    const key = rateLimitKey(withoutMapping(socket.remoteAddress ?? ''))
    const place = this.#places.admit(socket, key, isKept)
    if (place !== undefined) this.#bySocket.set(socket, place)
    return place !== undefined
  }

  /** What a connection is used for from now on. */
  use(socket: Duplex, use: ConnectionUse): void {
    const place = this.#bySocket.get(socket)
    if (place !== undefined) this.#places.use(place, use)
  }
}
