import type { Socket } from 'node:net'
import { Counter } from '../lib/counter.ts'
import { rateLimitKey, withoutMapping } from '../net/ip-address.ts'
import type { Networks } from '../net/networks.ts'
import type { Arrived, Overload } from './overload.ts'

/** How many TCP connections there may be. */
export interface ConnectionLimits {
  /** Of everybody, registrants included. */
  readonly inAll: number
  /** From one address, without those that hold a registrant. */
  readonly perAddress: number
}

/** A connection that was let in. */
interface Counted {
  /** Whom it is counted under; undefined if nobody, or not any more. */
  who: string | undefined
  readonly arrived: Arrived
}

/**
 * Counts TCP connections that hold no registrant, by address: one that opens thousands without a word must not take what
 * all have together.
 */
export class ConnectionLimiter {
  readonly #limits: ConnectionLimits
  readonly #trustedProxies: Networks | undefined
  readonly #open = new Counter()
  #size = 0
  readonly #overload: Overload
  /** All of them by their two ends: a TLS socket and the TCP socket below it have the same. */
  readonly #counted = new Map<string, Counted>()

  /** @param trustedProxies whoever comes through them has the proxy's address, so these are not limited */
  constructor(limits: ConnectionLimits, trustedProxies: Networks | undefined, overload: Overload) {
    this.#limits = limits
    this.#overload = overload
    this.#trustedProxies = trustedProxies
  }

  /** Whether a new connection may stay; counts it if it may. One that is gone already may not. */
  admit(socket: Socket): boolean {
    if (socket.remoteAddress === undefined) return false
    if (this.#size >= this.#limits.inAll) return false
    this.#size += 1
    socket.once('close', () => {
      this.#size -= 1
    })
    const address = withoutMapping(socket.remoteAddress)
    const who = this.#trustedProxies?.contains(address) ? undefined : rateLimitKey(address)
    if (who !== undefined) {
      if (this.#open.of(who) >= this.#limits.perAddress) return false
      this.#open.add(who)
    }
    const ends = endsOf(socket)
    const counted = { who, arrived: this.#overload.arrived() }
    this.#counted.set(ends, counted)
    socket.once('close', () => {
      this.#release(counted)
      // The next one between the same ends may have come before this one was told to be closed.
      if (this.#counted.get(ends) === counted) this.#counted.delete(ends)
    })
    return true
  }

  /** How long it has waited for its turn because this process was busy, in milliseconds. */
  busyMs(socket: Socket): number {
    const counted = this.#counted.get(endsOf(socket))
    return counted === undefined ? 0 : this.#overload.busyMs(counted.arrived)
  }

  /** It holds a registrant, which is counted as such. */
  promote(socket: Socket): void {
    const ends = endsOf(socket)
    const counted = this.#counted.get(ends)
    if (counted === undefined) return
    this.#release(counted)
    this.#counted.delete(ends)
  }

  #release(counted: Counted): void {
    if (counted.who === undefined) return
    this.#open.remove(counted.who)
    counted.who = undefined
  }
}

function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`
}
