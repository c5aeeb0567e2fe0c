import type { BlockList, Socket } from 'node:net'
import { isTrusted, neighbour, withoutMapping } from './address.ts'
import { Tally } from './tally.ts'

/**
 * Counts TCP connections that hold no registrant, by address: one that opens thousands without a word must not take what
 * all have together.
 */
export class Connections {
  readonly #atMost: number
  readonly #trustedProxies: BlockList | undefined
  readonly #open = new Tally()
  /** Whom each of them is counted under, by its other end: a TLS socket and the TCP socket below it have the same. */
  readonly #counted = new Map<string, string>()

  /** @param trustedProxies whoever comes through them has the proxy's address, so these are not limited */
  constructor(atMost: number, trustedProxies: BlockList | undefined) {
    this.#atMost = atMost
    this.#trustedProxies = trustedProxies
  }

  /** Whether a new connection may stay; counts it if it may. */
  admit(socket: Socket): boolean {
    const address = withoutMapping(socket.remoteAddress ?? '')
    if (isTrusted(address, this.#trustedProxies)) return true
    const who = neighbour(address)
    if (this.#open.of(who) >= this.#atMost) return false
    const end = endOf(socket)
    this.#open.add(who)
    this.#counted.set(end, who)
    socket.once('close', () => this.#release(end))
    return true
  }

  /** It holds a registrant, which is counted as such. */
  promote(socket: Socket): void {
    this.#release(endOf(socket))
  }

  #release(end: string): void {
    const who = this.#counted.get(end)
    if (who === undefined) return
    this.#counted.delete(end)
    this.#open.remove(who)
  }
}

function endOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
