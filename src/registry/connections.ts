import type { BlockList, Socket } from 'node:net'
import { isTrusted, neighbour, withoutMapping } from './address.ts'
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
  /** Whom each of them is counted under, by its two ends: a TLS socket and the TCP socket below it have the same. */
  readonly #counted = new Map<string, string>()

  /** @param trustedProxies whoever comes through them has the proxy's address, so these are not limited */
  constructor(limits: ConnectionLimits, trustedProxies: BlockList | undefined) {
    this.#limits = limits
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
    if (isTrusted(address, this.#trustedProxies)) return true
    const who = neighbour(address)
    if (this.#open.of(who) >= this.#limits.perAddress) return false
    const ends = endsOf(socket)
    this.#open.add(who)
    this.#counted.set(ends, who)
    socket.once('close', () => this.#release(ends))
    return true
  }

  /** It holds a registrant, which is counted as such. */
  promote(socket: Socket): void {
    this.#release(endsOf(socket))
  }

  #release(ends: string): void {
    const who = this.#counted.get(ends)
    if (who === undefined) return
    this.#counted.delete(ends)
    this.#open.remove(who)
  }
}

function endsOf({ remoteAddress, remotePort, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localPort}`
}
