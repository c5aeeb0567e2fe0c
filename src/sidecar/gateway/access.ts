import { type Clock, withTimeLimit } from '../../lib/clock.ts'
import { withoutMapping } from '../../net/ip-address.ts'
import { type Ends, isFromHere } from '../../net/local-request.ts'

/** How long a look-up of the puppet's host may take, in milliseconds. */
const LOOKUP_MS = 2000

/** All addresses of a host. May reject, and may take for ever. */
export type Resolve = (host: string) => Promise<readonly string[]>

/** From where a gateway may come: from this machine, and from the puppet's host. */
export class GatewayAccess {
  readonly #host: string
  readonly #clock: Clock
  readonly #resolve: Resolve
  /** One at a time, however many come. */
  #lookup: Promise<readonly string[]> | undefined
  /** What the last look-up gave. */
  #known: readonly string[] = []

  /**
   * @param host the one other host that a gateway may come from
   */
  constructor(host: string, clock: Clock, resolve: Resolve) {
    this.#host = host
    this.#clock = clock
    this.#resolve = resolve
  }

  /** Never rejects. A host that cannot be looked up in time has no address. */
  async allows(ends: Ends): Promise<boolean> {
    if (ends.remote === '') return false
    if (isFromHere(ends)) return true
    const address = withoutMapping(ends.remote)
    const isUnderWay = this.#lookup !== undefined
    const addresses = await this.#addresses()
    if (addresses?.includes(address)) return true
    // A look-up that was under way may have begun before the host had this address.
    if (addresses === undefined || !isUnderWay) return false
    return (await this.#addresses())?.includes(address) ?? false
  }

  /** Whether one may come from there, as far as it is known without a look-up. */
  isExpected(ends: Ends): boolean {
    return isFromHere(ends) || this.#known.includes(withoutMapping(ends.remote))
  }

  /** Undefined if it takes too long. */
  #addresses(): Promise<readonly string[] | undefined> {
    this.#lookup ??= this.#resolve(this.#host)
      .catch((): readonly string[] => [])
      .then((addresses) => {
        this.#lookup = undefined
        if (addresses.length > 0) this.#known = addresses
        return addresses
      })
    return withTimeLimit(this.#clock, LOOKUP_MS, this.#lookup)
  }
}
