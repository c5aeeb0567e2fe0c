import type { Clock } from '../lib/clock.ts'
import { Counter } from '../lib/counter.ts'
import { KeyedRateLimiter } from '../lib/rate-limiter.ts'
import { rateLimitKey } from '../net/ip-address.ts'
import { readAdvertised } from './advertised-endpoint.ts'
import type { AllowList } from './allow-list.ts'
import { type Limits, SOCKETS_PER_REGISTRANT } from './limits.ts'
import type { RefusalReason } from './refusals.ts'
import type { Registrant } from './registrant.ts'

/** Who holds a token, as it counts for a newcomer. */
export interface Holders {
  /** Those that discovery may find. */
  readonly registrants: number
  /** All of them. */
  readonly sockets: number
  /** The addresses of the newcomer's own older links, which leave when it is let in, and are not in the counts. */
  readonly replaced: readonly string[]
}

const NO_HOLDERS: Holders = { registrants: 0, sockets: 0, replaced: [] }

/** @param subprotocol what the newcomer offers */
export function holdersOf(all: readonly Registrant[], subprotocol: string): Holders {
  // Nearly always: most tokens have one registrant.
  if (all.length === 0) return NO_HOLDERS
  const { id } = readAdvertised(subprotocol, '')
  const isReplaced = ({ advertised }: Registrant): boolean => id !== undefined && advertised.id === id
  const others = all.filter((other) => !isReplaced(other))
  return {
    registrants: others.filter(({ advertised }) => advertised.isRegistrant).length,
    sockets: others.length,
    replaced: all.filter(isReplaced).map(({ address }) => address),
  }
}

/** Decides who may register: by the allow list, and by the limits. */
export class AccessControl {
  readonly #clock: Clock
  readonly #limits: Limits
  readonly #allowList: AllowList
  readonly #upgradeLimiter: KeyedRateLimiter
  /** Registrants by address. */
  readonly #registrants = new Counter()
  #size = 0
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

  /** Counts a request to upgrade, before anything else is decided; false if there were too many from its address this second. */
  takeUpgrade(address: string): boolean {
    return this.#upgradeLimiter.take(rateLimitKey(address), this.#clock.now())
  }

  /** Why a token may not be registered from `address` now; undefined if it may. */
  objection(token: string, address: string, holders: Holders): RefusalReason | undefined {
    const { registrants, sockets, replaced } = holders
    const { perAddress, perToken } = this.#limits
    if (this.#isClosed) return 'draining'
    if (!this.#allowList.allows(token)) return 'list'
    if (this.#size - replaced.length >= this.#limits.registrants) return 'full'
    const key = rateLimitKey(address)
    const leaving = replaced.filter((older) => rateLimitKey(older) === key).length
    if (this.#registrants.of(key) - leaving >= perAddress) return 'per_address'
    const isTaken = registrants >= perToken || sockets >= perToken * SOCKETS_PER_REGISTRANT
    return isTaken ? 'per_token' : undefined
  }

  enter(address: string): void {
    this.#size += 1
    this.#registrants.add(rateLimitKey(address))
  }

  leave(address: string): void {
    this.#size -= 1
    this.#registrants.remove(rateLimitKey(address))
  }
}
