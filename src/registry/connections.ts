import type { Socket } from 'node:net'
import { rateLimitKey, withoutMapping } from '../net/ip-address.ts'
import type { Networks } from '../net/networks.ts'
import {
  type AdmittedConnection,
  ConnectionLimiter,
  type ConnectionLimits,
} from '../protocol/connection-limiter.ts'
import type { Arrived, Overload } from './overload.ts'

interface Connection extends Arrived {
  readonly admitted: AdmittedConnection
}

/** TCP connections to the registry. Those that hold no registrant are limited by address; all of them are limited together. */
export class Connections {
  readonly #limiter: ConnectionLimiter
  readonly #trustedProxies: Networks | undefined
  readonly #overload: Overload
  /** By their two ends: a TLS socket and the TCP socket below it have the same. */
  readonly #byEnds = new Map<string, Connection>()

  /** @param trustedProxies whoever comes through them has the proxy's address, so these are not limited */
  constructor(limits: ConnectionLimits, trustedProxies: Networks | undefined, overload: Overload) {
    this.#overload = overload
    this.#trustedProxies = trustedProxies
    this.#limiter = new ConnectionLimiter(limits)
  }

  /** Counts a new connection; false if it may not stay. */
  admit(socket: Socket): boolean {
    const address = withoutMapping(socket.remoteAddress ?? '')
    const key = this.#trustedProxies?.contains(address) ? undefined : rateLimitKey(address)
    const admitted = this.#limiter.admit(socket, key)
    if (admitted === undefined) return false
    const ends = endsOf(socket)
    const connection = { admitted, ...this.#overload.arrived() }
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

  /** It holds a registrant, which is counted by itself. */
  promote(socket: Socket): void {
    const ends = endsOf(socket)
    const connection = this.#byEnds.get(ends)
    if (connection === undefined) return
    this.#limiter.release(connection.admitted)
    this.#byEnds.delete(ends)
  }
}

function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`
}
