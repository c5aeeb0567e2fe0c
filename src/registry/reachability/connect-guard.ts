import { type AddressRange, addressRange } from '../../net/address-range.ts'
import type { Networks } from '../../net/networks.ts'
import type { OwnAddresses } from '../../net/own-addresses.ts'

/** Nobody has a puppet there, and a cloud's metadata service has its credentials. */
const NEVER: ReadonlySet<AddressRange> = new Set([
  'metadata',
  'multicast',
  'broadcast',
  'unspecified',
  'reserved',
])

export interface ConnectGuardOptions {
  /** Networks that the operator allows, beside the public one; default: none. */
  readonly allowed: Networks | undefined
  readonly own: Pick<OwnAddresses, 'has'>
}

/**
 * Whether the registry may open a connection to `address` because a registrant advertises it. Without this, anybody could use the
 * registry to scan what only it can reach: its own machine, its network, its cloud's credentials. Where the registrant comes from says
 * nothing: behind a proxy that is not known as one, everybody comes from the private network.
 */
export function mayConnect(address: string, { allowed, own }: ConnectGuardOptions): boolean {
  const range = addressRange(address)
  if (NEVER.has(range)) return false
  if (allowed?.contains(address)) return true
  // What is bound to an address of this machine may be meant for this machine alone.
  return range === 'public' && !own.has(address)
}
