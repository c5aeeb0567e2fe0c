import { setMaxListeners } from 'node:events'
import type { RegistryConfig } from '../../config/registry-config.ts'
import type { Cancel, Clock } from '../../lib/clock.ts'
import { Counter } from '../../lib/counter.ts'
import { rateLimitKey } from '../../net/ip-address.ts'
import type { Endpoint } from '../../protocol/discovery.ts'
import type { Registrant } from '../registrant.ts'
import { type PortCheck, PortChecker, type PortCheckOptions } from './check-port.ts'
import {
  type CheckedEndpoint,
  CheckedEndpoints,
  certainAddress,
  KEPT_MS,
  nameOf,
  type ReachabilityChange,
} from './checked-endpoints.ts'

/** What to do about ports that cannot be opened from here. */
export type ReachabilityMode = RegistryConfig['reachability']

/** A registrant gets so much time to open its port: upstream's registers before its puppet listens. */
const FIRST_LOOK_MS = 3000
const TICK_MS = 1000
/** Registrants taken in a second, and of one address among them: they are nobody's hurry, and nobody holds up the others. */
const TAKEN = { inAll: 200, perAddress: 50 }
/** Looks on their way at a time, and for registrants of one address among them. */
const LOOKING = { inAll: 64, perAddress: 8 }

/** What it needs. */
export interface ReachabilityOptions {
  readonly clock: Clock
  readonly onChange: (change: ReachabilityChange) => void
  /** Default: a TCP connection. */
  readonly look?: (options: PortCheckOptions) => Promise<PortCheck>
}

/**
 * Looks in the background whether the ports of registrants can be opened from here: soon after they come, again where one
 * cannot, and where one is discovered that was not looked at for a while.
 */
export class Reachability {
  readonly #clock: Clock
  readonly #lookAt: (options: PortCheckOptions) => Promise<PortCheck>
  readonly #places: CheckedEndpoints
  /** Whom to look at, and when: those of whom nothing is known lately, and those whose ports were closed. */
  readonly #fresh = new Map<Registrant, number>()
  readonly #closed = new Map<Registrant, number>()
  readonly #lookingFor = new Counter()
  #looks = 0
  #cancelTick: Cancel | undefined
  readonly #stop = new AbortController()

  constructor({ clock, onChange, look = new PortChecker().at }: ReachabilityOptions) {
    this.#clock = clock
    this.#lookAt = look
    this.#places = new CheckedEndpoints(clock, onChange)
    // Each look listens to it; Node.js would take more than ten of them for a leak.
    setMaxListeners(LOOKING.inAll, this.#stop.signal)
  }

  /** A registrant came: it is looked at soon. */
  join(registrant: Registrant): void {
    if (registrant.findable && registrant.advertised.host !== undefined)
      this.#plan(this.#fresh, registrant, FIRST_LOOK_MS)
  }

  /** It left. */
  leave(registrant: Registrant): void {
    this.#fresh.delete(registrant)
    this.#closed.delete(registrant)
    this.#places.settle(registrant, undefined)
  }

  /** It was discovered at `endpoint`: it is looked at if that was not done there lately. */
  discovered(registrant: Registrant, endpoint: Endpoint): void {
    const place = this.#places.of(registrant)
    const known = place !== undefined && place.name === nameOf(endpoint) && this.#places.isFresh(place)
    if (!known && !this.#fresh.has(registrant)) this.#plan(this.#fresh, registrant, 0)
  }

  /**
   * Whether a registrant's port was seen to open; undefined if nobody looked yet, or may not look.
   *
   * @param endpoint where it is, if that is known to be so now: what was seen elsewhere says nothing
   */
  isOpen(registrant: Registrant, endpoint?: Endpoint): boolean | undefined {
    const place = this.#places.of(registrant)
    return endpoint === undefined || place?.name === nameOf(endpoint) ? place?.seen?.open : undefined
  }

  /** How many ports cannot be opened. */
  get closedPlaces(): number {
    return this.#places.closed
  }

  stop(): void {
    this.#stop.abort()
    this.#cancelTick?.()
  }

  #plan(queue: Map<Registrant, number>, registrant: Registrant, inMs: number): void {
    if (this.#stop.signal.aborted || !registrant.findable) return
    queue.delete(registrant)
    queue.set(registrant, this.#clock.now() + inMs)
    this.#cancelTick ??= this.#clock.after(TICK_MS, () => this.#tick())
  }

  #tick(): void {
    this.#cancelTick = undefined
    const nowMs = this.#clock.now()
    const taken = new Counter()
    let left = TAKEN.inAll
    for (const queue of [this.#fresh, this.#closed]) {
      for (const [registrant, dueMs] of queue) {
        if (left === 0) break
        const who = rateLimitKey(registrant.address)
        if (dueMs > nowMs || taken.of(who) >= TAKEN.perAddress) continue
        left -= 1
        taken.add(who)
        queue.delete(registrant)
        void this.#take(registrant)
      }
    }
    if (this.#fresh.size + this.#closed.size === 0) return
    this.#cancelTick ??= this.#clock.after(TICK_MS, () => this.#tick())
  }

  async #take(registrant: Registrant): Promise<void> {
    const endpoint = await registrant.endpoint()
    const place = this.#places.settle(registrant, registrant.findable ? endpoint : undefined)
    if (endpoint === undefined || place === undefined) return
    if (!place.looking && !this.#places.isFresh(place)) {
      const who = rateLimitKey(registrant.address)
      const busy = this.#looks >= LOOKING.inAll || this.#lookingFor.of(who) >= LOOKING.perAddress
      if (busy) return this.#plan(this.#fresh, registrant, 0)
      await this.#look(registrant, place, endpoint)
    }
    if (place.looking || place.seen?.open === false) this.#plan(this.#closed, registrant, KEPT_MS)
  }

  async #look(registrant: Registrant, place: CheckedEndpoint, endpoint: Endpoint): Promise<void> {
    const who = rateLimitKey(registrant.address)
    this.#looks += 1
    this.#lookingFor.add(who)
    place.looking = true
    const look = await this.#lookAt({
      endpoint,
      from: certainAddress(registrant),
      clock: this.#clock,
      signal: this.#stop.signal,
    })
    place.looking = false
    this.#lookingFor.remove(who)
    this.#looks -= 1
    if (!this.#stop.signal.aborted) this.#places.see(place, look)
  }
}
