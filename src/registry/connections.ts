import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ConnectionLimits, ConnectionPlaces, type Place } from '../net/connection-places.ts'
import { rateLimitKey, withoutMapping } from '../net/ip-address.ts'
import type { Networks } from '../net/networks.ts'
import type { Arrived, Overload } from './overload.ts'

interface Connection extends Arrived {
  readonly place: Place
}

/** TCP connections to the registry. Those that hold no registrant are limited by address; all of them are limited together. */
export class Connections {
  readonly #places: ConnectionPlaces
  readonly #trustedProxies: Networks | undefined
  readonly #overload: Overload
  /** By their two ends: a TLS socket and the TCP socket below it have the same. */
  readonly #byEnds = new Map<string, Connection>()

  /** @param trustedProxies whoever comes through them has the proxy's address: each of these connections counts by itself */
  constructor(limits: ConnectionLimits, trustedProxies: Networks | undefined, overload: Overload) {
    this.#overload = overload
    this.#trustedProxies = trustedProxies
    this.#places = new ConnectionPlaces(limits)
  }

  /** How many there are, and how many of them without a registrant come from an address. */
  get size(): number {
    return this.#places.size
  }

  of(address: string): number {
    return this.#places.of(rateLimitKey(withoutMapping(address)))
  }

  /** Finds a place for a new connection; false if there is none. */
  admit(socket: Socket): boolean {
    const ends = endsOf(socket)
    const address = withoutMapping(socket.remoteAddress ?? '')
    const isProxy = this.#trustedProxies?.contains(address) === true
    const place = this.#places.admit(socket, isProxy ? ends : rateLimitKey(address))
    if (place === undefined) return false
    const connection = { place, ...this.#overload.arrived() }
    this.#byEnds.set(ends, connection)
    socket.once('close', () => {
      // The next one between the same ends may have come before this one emitted its close.
      if (this.#byEnds.get(ends) === connection) this.#byEnds.delete(ends)
    })
    return true
  }

  /** How long it has waited for its turn because this process was busy, in milliseconds. */
  busyMs(socket: Socket): number {
    const connection = this.#byEnds.get(endsOf(socket))
    return connection === undefined ? 0 : this.#overload.busyMs(connection)
  }

  /** Whether one of its requests waits for an answer. */
  setBusy(socket: Duplex, isBusy: boolean): void {
    const connection = this.#byEnds.get(endsOf(socket as Socket))
    if (connection !== undefined) this.#places.use(connection.place, isBusy ? 'busy' : 'idle')
  }

  /** It holds a registrant, which is counted by itself until its place is released. */
  promote(socket: Socket): Place | undefined {
    const ends = endsOf(socket)
    const connection = this.#byEnds.get(ends)
    if (connection === undefined) return undefined
    this.#places.use(connection.place, 'held')
    this.#byEnds.delete(ends)
    return connection.place
  }

  /** Its registrant leaves. */
  release(place: Place): void {
    this.#places.release(place)
  }
}

function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`
}
