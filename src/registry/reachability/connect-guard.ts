import { addressRange } from '../../net/address-range.ts'

/**
 * Whether the registry may open a connection to `address` because a registrant from `from` advertises it. Without this, anybody could
 * use the registry to scan what only it can reach: its own machine, its network, its cloud's credentials.
 */
export function mayConnect(address: string, from: string): boolean {
  const range = addressRange(address)
  if (range === 'public') return true
  // What is bound to it may be meant for this machine alone.
  if (range === 'own') return addressRange(from) === 'own' || addressRange(from) === 'loopback'
  if (range === 'reserved') return false
  return range === 'metadata' ? address === from : range === addressRange(from)
}
