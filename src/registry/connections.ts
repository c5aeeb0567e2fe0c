import type { BlockList, Socket } from 'node:net'
import { isTrusted, neighbour, withoutMapping } from './address.ts'
import { Tally } from './tally.ts'

/** Counts TCP connections by address: one that opens thousands without a word must not take everybody's. */
export class Connections {
  readonly #atMost: number
  readonly #trustedProxies: BlockList | undefined
  readonly #open = new Tally()

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
    this.#open.add(who)
    socket.once('close', () => this.#open.remove(who))
    return true
  }
}
