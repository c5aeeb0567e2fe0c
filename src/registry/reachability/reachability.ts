import { setMaxListeners } from 'node:events'
import type { RegistryConfig } from '../../config/registry-config.ts'
import { inBackground } from '../../lib/background.ts'
import type { Cancel, Clock } from '../../lib/clock.ts'
import { Counter } from '../../lib/counter.ts'
import { hostPort } from '../../net/host-port.ts'
import { rateLimitKey } from '../../net/ip-address.ts'
import type { Endpoint } from '../../protocol/discovery.ts'
import type { PortChecker } from './check-port.ts'
import {
  type CheckedEndpoint,
  CheckedEndpoints,
  type CheckedRegistrant,
  FRESH_MS,
  type ReachabilityChange,
} from './checked-endpoints.ts'

/** What to do about ports that cannot be opened from here. */
export type ReachabilityMode = RegistryConfig['reachability']

/** A registrant gets so much time to open its port, in milliseconds: upstream's registers before its puppet listens. */
const FIRST_CHECK_MS = 3000
const TICK_MS = 1000
/** Registrants taken in a second, and of one address among them: there is no hurry, and no address holds up the others. */
const TAKEN = { inAll: 200, perAddress: 50 }
/** Checks under way, and for registrants of one address among them. */
const CHECKS = { inAll: 64, perAddress: 8 }

/** When to check each registrant; the one that was added first comes first. */
type Queue = Map<CheckedRegistrant, number>

/**
 * Checks in the background whether the ports of registrants can be opened from here: soon after they come, again where a port
 * is closed, and where a registrant is discovered whose port was not checked for a while.
 */
export class Reachability {
  readonly #clock: Clock
  readonly #checker: Pick<PortChecker, 'check'>
  readonly #endpoints: CheckedEndpoints
  /** Registrants of which nothing is known lately. */
  readonly #unchecked: Queue = new Map()
  /**
   * Registrants whose ports are to be checked again: those that were closed, and those that were discovered. They come after the others:
   * thousands of sidecars that ask once a minute where clients are sent must not hold up new ones.
   */
  readonly #again: Queue = new Map()
  readonly #checksByAddress = new Counter()
  #checks = 0
  #cancelTick: Cancel | undefined
  readonly #stop = new AbortController()

  constructor(
    clock: Clock,
    onChange: (change: ReachabilityChange) => void,
    checker: Pick<PortChecker, 'check'>,
  ) {
    this.#clock = clock
    this.#checker = checker
    this.#endpoints = new CheckedEndpoints(clock, onChange)
    // Each check listens to it; Node.js would take more than ten of them for a leak.
    setMaxListeners(CHECKS.inAll, this.#stop.signal)
  }

  /** A registrant came: it is checked soon. */
  join(registrant: CheckedRegistrant): void {
    if (registrant.findable && registrant.advertised.host !== undefined)
      this.#plan(this.#unchecked, registrant, FIRST_CHECK_MS)
  }

  leave(registrant: CheckedRegistrant): void {
    this.#unchecked.delete(registrant)
    this.#again.delete(registrant)
    this.#endpoints.assign(registrant, undefined)
  }

  /** It was discovered at `endpoint`: that is checked if it was not lately. */
  discovered(registrant: CheckedRegistrant, endpoint: Endpoint): void {
    const checked = this.#endpoints.of(registrant)
    const isThere = checked !== undefined && checked.name === hostPort(endpoint)
    if (isThere && this.#endpoints.isFresh(checked)) return
    const queue = isThere ? this.#queueOf(checked) : this.#unchecked
    if (!this.#unchecked.has(registrant) && !queue.has(registrant)) this.#plan(queue, registrant, 0)
  }

  /**
   * Whether a registrant's port was found to open; undefined if it was not checked yet, or may not be.
   *
   * @param endpoint where it is, if that is known to be so now: what was found elsewhere says nothing
   */
  isOpen(registrant: CheckedRegistrant, endpoint?: Endpoint): boolean | undefined {
    const checked = this.#endpoints.of(registrant)
    return endpoint === undefined || checked?.name === hostPort(endpoint) ? checked?.result?.open : undefined
  }

  get closedEndpoints(): number {
    return this.#endpoints.closed
  }

  stop(): void {
    this.#stop.abort()
    this.#cancelTick?.()
  }

  #queueOf({ result }: CheckedEndpoint): Queue {
    return result === undefined ? this.#unchecked : this.#again
  }

  #plan(queue: Queue, registrant: CheckedRegistrant, inMs: number): void {
    if (this.#stop.signal.aborted || !registrant.findable) return
    queue.delete(registrant)
    queue.set(registrant, this.#clock.now() + inMs)
    this.#cancelTick ??= this.#clock.after(TICK_MS, () => this.#tick())
  }

  #tick(): void {
    this.#cancelTick = undefined
    const nowMs = this.#clock.now()
    const takenByAddress = new Counter()
    let left = TAKEN.inAll
    for (const queue of [this.#unchecked, this.#again]) {
      for (const [registrant, dueMs] of queue) {
        if (left === 0) break
        const key = rateLimitKey(registrant.address)
        if (dueMs > nowMs || takenByAddress.of(key) >= TAKEN.perAddress) continue
        left -= 1
        takenByAddress.add(key)
        queue.delete(registrant)
        inBackground(this.#take(registrant))
      }
    }
    if (this.#unchecked.size + this.#again.size === 0) return
    this.#cancelTick ??= this.#clock.after(TICK_MS, () => this.#tick())
  }

  async #take(registrant: CheckedRegistrant): Promise<void> {
    const endpoint = await registrant.endpoint()
    const checked = this.#endpoints.assign(registrant, registrant.findable ? endpoint : undefined)
    if (endpoint === undefined || checked === undefined) return
    if (!checked.isChecking && !this.#endpoints.isFresh(checked)) {
      const ofAddress = this.#checksByAddress.of(rateLimitKey(registrant.address))
      if (this.#checks >= CHECKS.inAll || ofAddress >= CHECKS.perAddress) {
        return this.#plan(this.#queueOf(checked), registrant, 0)
      }
      await this.#checkNow(registrant, checked, endpoint)
    }
    if (checked.isChecking || checked.result?.open === false) this.#plan(this.#again, registrant, FRESH_MS)
  }

  async #checkNow(
    registrant: CheckedRegistrant,
    checked: CheckedEndpoint,
    endpoint: Endpoint,
  ): Promise<void> {
    const key = rateLimitKey(registrant.address)
    this.#checks += 1
    this.#checksByAddress.add(key)
    checked.isChecking = true
    try {
      const result = await this.#checker.check(endpoint, this.#stop.signal)
      if (!this.#stop.signal.aborted) this.#endpoints.store(checked, result)
    } finally {
      checked.isChecking = false
      this.#checksByAddress.remove(key)
      this.#checks -= 1
    }
  }
}
