import type { Clock } from '../lib/clock.ts'
import { KeyedRateLimiter } from '../lib/rate-limiter.ts'
import { type Share, Shares } from '../lib/shares.ts'
import { rateLimitKey } from '../net/ip-address.ts'
import { readAdvertised } from './advertised-endpoint.ts'
import type { AllowList } from './allow-list.ts'
import type { Limits } from './limits.ts'
import type { RefusalReason } from './refusals.ts'
import type { Registrant } from './registrant.ts'

/** Who comes: the address, and what it offers. */
export interface Newcomer {
  readonly address: string
  readonly subprotocol: string
}

/**
 * Decides who may register: by the allow list, and by the limits. Where the registry is full, a newcomer is let in if somebody is worth
 * less: a registrant that cannot be found, or one of an address that has more registrants than the newcomer's.
 */
export class AccessControl<Entry extends Share = Registrant> {
  readonly #clock: Clock
  readonly #limits: Limits
  readonly #allowList: AllowList
  readonly #upgradeLimiter: KeyedRateLimiter
  readonly #findable = new Shares<Entry>()
  readonly #unfindable = new Shares<Entry>()
  #isClosed = false

  constructor(clock: Clock, limits: Limits, allowList: AllowList) {
    this.#clock = clock
    this.#limits = limits
    this.#allowList = allowList
    this.#upgradeLimiter = new KeyedRateLimiter({ limit: limits.upgradeRate, windowMs: 1000 })
  }

  /** Nobody may register from now on. */
  close(): void {
    this.#isClosed = true
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Counts a request to upgrade, before anything else is decided; false if there were too many from its address this second. */
  takeUpgrade(address: string): boolean {
    return this.#upgradeLimiter.take(rateLimitKey(address), this.#clock.now())
  }

  /**
   * Why a token may not be registered now; undefined if it may.
   *
   * @param leaving the addresses of those that leave when it is let in
   */
  objection(token: string, newcomer: Newcomer, leaving: readonly string[]): RefusalReason | undefined {
    if (this.#isClosed) return 'draining'
    if (!this.#allowList.allows(token)) return 'list'
    const shortage = this.#shortage(newcomer, leaving)
    return shortage && this.#leastUseful(shortage, newcomer) === undefined ? shortage : undefined
  }

  /** Who has to leave for a newcomer to whom nothing is objected; undefined where there is room. */
  givesWay(newcomer: Newcomer, leaving: readonly string[]): Entry | undefined {
    const shortage = this.#shortage(newcomer, leaving)
    return shortage && this.#leastUseful(shortage, newcomer)
  }

  enter(entry: Entry, isFindable: boolean): void {
    if (isFindable) this.#findable.add(entry)
    else this.#unfindable.add(entry)
  }

  /** It can be found from now on, or not any more. */
  rate(entry: Entry, isFindable: boolean): void {
    this.leave(entry)
    this.enter(entry, isFindable)
  }

  leave(entry: Entry): void {
    this.#findable.remove(entry)
    this.#unfindable.remove(entry)
  }

  /** How many registrants an address has. */
  of(address: string): number {
    const key = rateLimitKey(address)
    return this.#findable.of(key) + this.#unfindable.of(key)
  }

  #shortage({ address }: Newcomer, leaving: readonly string[]): 'full' | 'per_address' | undefined {
    const size = this.#findable.size + this.#unfindable.size
    if (size - leaving.length >= this.#limits.registrants) return 'full'
    const key = rateLimitKey(address)
    const leavingHere = leaving.filter((older) => rateLimitKey(older) === key).length
    return this.of(address) - leavingHere >= this.#limits.perAddress ? 'per_address' : undefined
  }

  /** Who is worth less than a newcomer. Links that are settled stay, unless others have fewer. */
  #leastUseful(shortage: 'full' | 'per_address', { address, subprotocol }: Newcomer): Entry | undefined {
    const key = rateLimitKey(address)
    const isFindable = readAdvertised(subprotocol, address).trouble === ''
    if (isFindable) {
      const unfindable = this.#unfindable
      const least = unfindable.least(shortage === 'full' ? unfindable.most(key) : key)
      if (least !== undefined || shortage === 'per_address') return least
    }
    if (shortage === 'per_address') return undefined
    const rivals = isFindable ? this.#findable : this.#unfindable
    const most = rivals.most(key)
    return rivals.of(most) > rivals.of(key) + 1 ? rivals.least(most) : undefined
  }
}
