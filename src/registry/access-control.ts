import type { Clock } from '../lib/clock.ts'
import { Counter } from '../lib/counter.ts'
import { rateLimitKey } from '../net/ip-address.ts'
import { readAdvertised } from './advertised-endpoint.ts'
import type { AllowList } from './allow-list.ts'
import { type Limits, SOCKETS_PER_REGISTRANT } from './limits.ts'
import type { RefusalReason } from './refusals.ts'
import type { Registrant } from './registrant.ts'

/** Who holds a token. */
export interface Holders {
  /** Those that discovery may find. */
  readonly registrants: number
  /** All of them. */
  readonly sockets: number
  /** Where those come from that leave when the newcomer is let in: its own older links, which are not in the counts. */
  readonly replaced: readonly string[]
}

const SECOND_MS = 1000
const NO_HOLDERS: Holders = { registrants: 0, sockets: 0, replaced: [] }

/** Who holds a token, for one who offers `protocol`: its own older links leave when it is let in, and do not count. */
export function holdersOf(all: readonly Registrant[], protocol: string): Holders {
  // Nearly always: most tokens have one registrant.
  if (all.length === 0) return NO_HOLDERS
  const { id } = readAdvertised(protocol, '')
  const isReplaced = ({ advertised }: Registrant): boolean => id !== undefined && advertised.id === id
  const others = all.filter((other) => !isReplaced(other))
  return {
    registrants: others.filter(({ advertised }) => advertised.isRegistrant).length,
    sockets: others.length,
    replaced: all.filter(isReplaced).map(({ address }) => address),
  }
}

/** Decides who may register: the list, and the limits. */
export class AccessControl {
  readonly #clock: Clock
  readonly #limits: Limits
  readonly #list: AllowList
  readonly #registrants = new Counter()
  /** Requests to upgrade since this second began. */
  readonly #upgrades = new Counter()
  #secondMs = Number.NEGATIVE_INFINITY
  #size = 0
  #draining = false

  constructor(clock: Clock, limits: Limits, list: AllowList) {
    this.#clock = clock
    this.#limits = limits
    this.#list = list
  }

  /** Nobody may, from now on. */
  close(): void {
    this.#draining = true
  }

  /** Counts a request to upgrade, before anything else is looked at; true if there were too many this second. */
  tooMany(address: string): boolean {
    const nowMs = this.#clock.now()
    if (nowMs - this.#secondMs >= SECOND_MS) {
      this.#secondMs = nowMs
      this.#upgrades.clear()
    }
    const who = rateLimitKey(address)
    this.#upgrades.add(who)
    return this.#upgrades.of(who) > this.#limits.upgradeRate
  }

  /**
   * Why a token may not be registered from `address` now; undefined if it may.
   *
   * @param holders who holds it already
   */
  objection(token: string, address: string, holders: Holders): RefusalReason | undefined {
    const { registrants, sockets, replaced } = holders
    if (this.#draining) return 'draining'
    if (!this.#list.allows(token)) return 'list'
    if (this.#size - replaced.length >= this.#limits.registrants) return 'full'
    const who = rateLimitKey(address)
    const leaving = replaced.filter((older) => rateLimitKey(older) === who).length
    if (this.#registrants.of(who) - leaving >= this.#limits.perAddress) return 'per_address'
    const { perToken } = this.#limits
    const isTaken = registrants >= perToken || sockets >= perToken * SOCKETS_PER_REGISTRANT
    return isTaken ? 'per_token' : undefined
  }

  /** A registrant came in. */
  enter(address: string): void {
    this.#size += 1
    this.#registrants.add(rateLimitKey(address))
  }

  /** It left. */
  leave(address: string): void {
    this.#size -= 1
    this.#registrants.remove(rateLimitKey(address))
  }
}
