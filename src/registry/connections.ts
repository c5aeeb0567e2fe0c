import type { BlockList, Socket } from 'node:net'
import { isTrusted, neighbour, withoutMapping } from './address.ts'
import type { Arrived, Overload } from './overload.ts'
import { Tally } from './tally.ts'

/** How many TCP connections there may be. */
export interface ConnectionLimits {
  /** Of everybody, registrants included. */
  readonly inAll: number
  /** From one address, without those that hold a registrant. */
  readonly perAddress: number
}

/**
 * Counts TCP connections that hold no registrant, by address: one that opens thousands without a word must not take what
 * all have together.
 */
export class Connections {
  readonly #limits: ConnectionLimits
  readonly #trustedProxies: BlockList | undefined
  readonly #open = new Tally()
  #size = 0
  readonly #overload: Overload
  /**
   * When each of them came, and whom it is counted under, by its two ends: a TLS socket and the TCP socket below it have the
   * same.
   */
  readonly #counted = new Map<string, { readonly who: string | undefined; readonly arrived: Arrived }>()

  /** @param trustedProxies whoever comes through them has the proxy's address, so these are not limited */
  constructor(limits: ConnectionLimits, trustedProxies: BlockList | undefined, overload: Overload) {
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
    const who = isTrusted(address, this.#trustedProxies) ? undefined : neighbour(address)
    if (who !== undefined) {
      if (this.#open.of(who) >= this.#limits.perAddress) return false
      this.#open.add(who)
    }
    const ends = endsOf(socket)
    this.#counted.set(ends, { who, arrived: this.#overload.arrived() })
    socket.once('close', () => this.#release(ends))
    return true
  }

  /** How long it has waited for its turn because this process was busy, in milliseconds. */
  busyMs(socket: Socket): number {
    const counted = this.#counted.get(endsOf(socket))
    return counted === undefined ? 0 : this.#overload.busyMs(counted.arrived)
  }

  /** It holds a registrant, which is counted as such. */
  promote(socket: Socket): void {
    this.#release(endsOf(socket))
  }

  #release(ends: string): void {
    const counted = this.#counted.get(ends)
    if (counted === undefined) return
    this.#counted.delete(ends)
    if (counted.who !== undefined) this.#open.remove(counted.who)
  }
}

function endsOf({ remoteAddress, remotePort, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localPort}`
}
