import type { Socket } from 'node:net'
import { type Share, Shares } from '../lib/shares.ts'

/** How many TCP connections there may be at a time. */
export interface ConnectionLimits {
  readonly inAll: number
  /** Of one key, those that are held apart: of one address, mostly. */
  readonly perKey: number
}

/** What a connection is used for; what comes first here gives way first. */
const USES = ['leaving', 'silent', 'idle', 'busy'] as const

/**
 * `leaving`: its registrant leaves. `silent`: no request has come yet. `idle`: all requests have their answers. `busy`: one has none yet. `held`: it is a registrant's, which is
 * limited elsewhere, and does not give way here.
 */
export type ConnectionUse = (typeof USES)[number] | 'held'

/** The place of one connection. */
export interface Place extends Share {
  readonly socket: Socket
  readonly shares: Shares<Place>
  isOpen: boolean
}

/**
 * The places for TCP connections. A newcomer is served: where none is left, the address that has most gives way, with the connection that is
 * worth least. So nobody keeps others out with connections that do nothing, however many addresses they come from.
 */
export class ConnectionPlaces {
  readonly #limits: ConnectionLimits
  readonly #others = new Shares<Place>()
  readonly #kept = new Shares<Place>()
  readonly #onEvict: (socket: Socket) => void
  #size = 0

  /** @param onEvict told before a connection is ended that gives way */
  constructor(limits: ConnectionLimits, onEvict: (socket: Socket) => void = () => {}) {
    this.#limits = limits
    this.#onEvict = onEvict
  }

  /** How many connections there are, those that are held included. */
  get size(): number {
    return this.#size
  }

  /** How many of them count under a key. */
  of(key: string): number {
    return this.#others.of(key) + this.#kept.of(key)
  }

  /**
   * Gives a new connection a place. Undefined if it may not stay: it is gone already, or there is nobody to give way.
   *
   * @param key what it is counted under
   * @param isKept whether it gives way only to others that are kept, and counts under no limit of its key; default: no
   */
  admit(socket: Socket, key: string, isKept = false): Place | undefined {
    if (socket.remoteAddress === undefined) return undefined
    const shares = isKept ? this.#kept : this.#others
    if (!isKept && shares.of(key) >= this.#limits.perKey) this.#evict(shares.least(key))
    if (this.#size >= this.#limits.inAll) this.#evict(this.#leastUseful(key, isKept))
    if (this.#size >= this.#limits.inAll) return undefined
    const place: Place = { socket, shares, key, worth: USES.indexOf('silent'), isOpen: true }
    this.#size += 1
    shares.add(place)
    socket.once('close', () => this.#leave(place))
    return place
  }

  use(place: Place, use: ConnectionUse): void {
    if (!place.isOpen) return
    if (use === 'held') return place.shares.remove(place)
    place.shares.rate(place, USES.indexOf(use))
  }

  /** The registrant of one that is held leaves: nothing is worth less. */
  release(place: Place): void {
    if (!place.isOpen) return
    place.worth = USES.indexOf('leaving')
    place.shares.add(place)
  }

  #leastUseful(key: string, isKept: boolean): Place | undefined {
    const most = this.#others.most(key)
    // Behind a proxy each counts by itself: where nobody has more than one, the oldest may be the one that is worth most.
    const isTie = most !== key && this.#others.of(most) === 1
    const least = isTie ? this.#others.leastOfAll() : this.#others.least(most)
    return least === undefined && isKept ? this.#kept.least(this.#kept.most(key)) : least
  }

  #evict(place: Place | undefined): void {
    if (place === undefined) return
    this.#leave(place)
    this.#onEvict(place.socket)
    place.socket.destroy()
  }

  #leave(place: Place): void {
    if (!place.isOpen) return
    place.isOpen = false
    this.#size -= 1
    place.shares.remove(place)
  }
}
