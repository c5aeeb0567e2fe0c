import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../lib/clock.ts'
import { type ConnectionLimits, ConnectionPlaces, type Place } from '../net/connection-places.ts'
import { rateLimitKey, withoutMapping } from '../net/ip-address.ts'
import type { Networks } from '../net/networks.ts'
import { FrameBudget, type FrameSource } from './frame-budget.ts'
import { connectionLimits, type Limits, REQUESTS } from './limits.ts'
import { type Arrived, Overload } from './overload.ts'
import { TurnClock } from './turn-clock.ts'

/** One connection. Its socket is what requests are read from: of a TLS connection, the one above the TCP socket. */
class Connection implements FrameSource, Arrived {
  readonly place: Place
  readonly key: string
  readonly atMs: number
  readonly idleMs: number
  socket: Socket
  #isPaused = false

  constructor(place: Place, { atMs, idleMs }: Arrived) {
    this.place = place
    this.key = place.key
    this.atMs = atMs
    this.idleMs = idleMs
    this.socket = place.socket
  }

  /** A moment later: Node.js reads on when it has read a request. */
  pause(): void {
    this.#isPaused = true
    process.nextTick(() => this.#isPaused && this.socket.pause())
  }

  resume(): void {
    this.#isPaused = false
    this.socket.resume()
  }
}

/** TCP connections to the registry. Those that hold no registrant are limited by address; all of them are limited together. */
export class Connections {
  readonly #places: ConnectionPlaces
  readonly #trustedProxies: Networks | undefined
  readonly #overload: Overload
  readonly #budget: FrameBudget
  /** By their two ends: a TLS socket and the TCP socket below it have the same. */
  readonly #byEnds = new Map<string, Connection>()

  /**
   * @param trustedProxies whoever comes through them has the proxy's address: each of these connections counts by itself
   * @param budget shares out the time that requests take
   */
  constructor(
    limits: ConnectionLimits,
    trustedProxies: Networks | undefined,
    overload: Overload,
    budget: FrameBudget,
  ) {
    this.#overload = overload
    this.#budget = budget
    this.#trustedProxies = trustedProxies
    this.#places = new ConnectionPlaces(limits)
  }

  static of(clock: Clock, limits: Limits, trustedProxies: Networks | undefined): Connections {
    const budget = new FrameBudget(new TurnClock(), REQUESTS)
    return new Connections(connectionLimits(limits), trustedProxies, new Overload(clock), budget)
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
    const connection = new Connection(place, this.#overload.arrived())
    this.#byEnds.set(ends, connection)
    this.#budget.take(connection)
    socket.once('close', () => {
      this.#budget.leave(connection)
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

  /** A request came. */
  asked(socket: Socket): void {
    const connection = this.#byEnds.get(endsOf(socket))
    if (connection === undefined) return
    connection.socket = socket
    this.#budget.take(connection)
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
    this.#budget.leave(connection)
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
