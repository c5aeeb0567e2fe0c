import type { Share } from '../../../src/lib/shares.ts'
import { rateLimitKey } from '../../../src/net/ip-address.ts'
import { AccessControl } from '../../../src/registry/access-control.ts'
import type { RefusalReason } from '../../../src/registry/refusals.ts'

/** Offered by those who can be found, wherever they come from. */
export const FINDABLE = 'io|0.0.1|id|host.example|1'
/** Offered by those who cannot. */
export const UNFINDABLE = 'ou|0.0.1|id|host.example|1'

/** Access control for registrants that are nothing but their addresses. */
export class AccessByAddress extends AccessControl<Share> {
  readonly #inside = new Map<string, Share[]>()

  mayNot(
    token: string,
    address: string,
    leaving: readonly string[],
    subprotocol = FINDABLE,
  ): RefusalReason | undefined {
    return this.objection(token, { address, subprotocol }, leaving)
  }

  come(address: string, isFindable = true): Share {
    const key = rateLimitKey(address)
    const share = { key, worth: 0 }
    this.#inside.set(key, [...(this.#inside.get(key) ?? []), share])
    this.enter(share, isFindable)
    return share
  }

  /** The one that came first goes. */
  go(address: string): void {
    const [first, ...others] = this.#inside.get(rateLimitKey(address)) ?? []
    this.#inside.set(rateLimitKey(address), others)
    if (first !== undefined) this.leave(first)
  }
}
