import { networkInterfaces } from 'node:os'
import type { Clock } from '../lib/clock.ts'

/** How long a list of addresses counts, in milliseconds: listing the interfaces of a host with hundreds of them takes long. */
const FRESH_MS = 30_000

/** The addresses of this machine, listed when they are needed, and at most every 30 s. */
export class OwnAddresses {
  readonly #clock: Clock
  #known: ReadonlySet<string> | undefined
  #freshUntilMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Never throws.
   *
   * @param whereUnknown what is said of every address where they cannot be listed
   */
  has(address: string, whereUnknown = true): boolean {
    const nowMs = this.#clock.now()
    if (nowMs >= this.#freshUntilMs) {
      this.#known = listed() ?? this.#known
      this.#freshUntilMs = nowMs + FRESH_MS
    }
    return this.#known?.has(address) ?? whereUnknown
  }
}

/** Undefined where they cannot be listed: it takes a netlink socket, which may be forbidden, and there may be no file descriptor left. */
function listed(): ReadonlySet<string> | undefined {
  try {
    return new Set(
      Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address)),
    )
  } catch {
    return undefined
  }
}
