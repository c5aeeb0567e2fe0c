import type { AddressInfo } from 'node:net'
import { addressRange } from '../net/address-range.ts'
import { withoutMapping } from '../net/ip-address.ts'
import type { NameResolver } from '../net/name-resolver.ts'
import type { OwnAddresses } from '../net/own-addresses.ts'
import type { Endpoint } from '../protocol/discovery.ts'

export interface LeadsHereOptions {
  readonly resolver: Pick<NameResolver, 'addresses'>
  readonly own: OwnAddresses
  /** Where `connect` listens now. */
  readonly listening: () => readonly AddressInfo[]
}

/** How long the search for a name may take, in milliseconds: the connection itself will say what is wrong with it. */
const RESOLVE_MS = 1000

/**
 * Whether a connection to an endpoint would end at `connect` itself: it would be carried in a circle. A puppet may well have the same port on
 * another address of this machine, so that it depends on what each listener is bound to.
 */
export async function leadsHere(
  { host, port }: Endpoint,
  { resolver, own, listening }: LeadsHereOptions,
): Promise<boolean> {
  const listeners = listening().filter((listener) => listener.port === port)
  if (listeners.length === 0) return false
  const addresses = await resolver.addresses(host, RESOLVE_MS).catch(() => [])
  return addresses.map(withoutMapping).some((address) =>
    listeners.some((listener) => {
      if (addressRange(listener.address) !== 'unspecified')
        return withoutMapping(listener.address) === address
      return ['loopback', 'unspecified'].includes(addressRange(address)) || own.has(address, false)
    }),
  )
}
