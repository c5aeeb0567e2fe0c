import { addressRange } from '../net/address-range.ts'
import { isLoopbackHost } from '../net/local-host.ts'
import type { NearbyRange } from './advertised-endpoint.ts'

/** For whom an address is meant that means another machine elsewhere. */
export interface Nearby {
  readonly range: NearbyRange
  /** Where the registrant comes from that advertises it; empty if that is not known. */
  readonly from: string
  /** To be called when a client is not told it. */
  readonly onWithheld: () => void
}

/** Whether an address is one of this machine, or of this link. */
export function isThere(address: string, range: NearbyRange): boolean {
  return range === 'loopback' ? isLoopbackHost(address) : addressRange(address) === 'link-local'
}

/**
 * Whether a client may be told such an address: it comes from where the registrant comes from.
 *
 * @param client where the client certainly comes from; empty if that is not certain
 */
export function isNearby(client: string, { range, from }: Pick<Nearby, 'range' | 'from'>): boolean {
  if (client === '' || from === '') return false
  return client === from || (isThere(client, range) && isThere(from, range))
}
