import { addressRange } from '../net/address-range.ts'
import { isLoopbackHost } from '../net/local-host.ts'

/** Addresses that mean another machine on each machine or network. */
export type NearbyRange = 'loopback' | 'link-local'

/** For whom an address is meant that means another machine elsewhere. */
export interface Nearby {
  readonly range: NearbyRange
  /** Where the registrant comes from that advertises it; empty if that is not known. */
  readonly from: string
  /** To be called when a client is not told it. */
  readonly onWithheld: () => void
}

/** Of what kind a host is that means another machine elsewhere; undefined where it means the same one everywhere. */
export function nearbyRange(host: string): NearbyRange | undefined {
  if (isLoopbackHost(host)) return 'loopback'
  return addressRange(host) === 'link-local' ? 'link-local' : undefined
}

/**
 * Whether a client may be told such an address: it comes from where the registrant comes from.
 *
 * @param client where the client certainly comes from; empty if that is not certain
 */
export function isNearby(client: string, { range, from }: Pick<Nearby, 'range' | 'from'>): boolean {
  if (client === '' || from === '') return false
  return client === from || (nearbyRange(client) === range && nearbyRange(from) === range)
}
