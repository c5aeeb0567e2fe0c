import { isIP } from 'node:net'
import { type AddressRange, addressRange } from './address-range.ts'
import { isLocalhost, plainName, withoutBrackets } from './host-name.ts'

/** Where the public internet is not. */
const LOCAL_RANGES: ReadonlySet<AddressRange> = new Set([
  'unspecified',
  'private',
  'loopback',
  'link-local',
  'metadata',
])

/** Whether a host means this very machine, or the network namespace that is shared with others in it. */
export function isLoopbackHost(host: string): boolean {
  const bare = withoutBrackets(host)
  return addressRange(bare) === 'loopback' || isLocalhost(bare)
}

/** Whether a host cannot be reached over the internet: a local address, a name without a dot, or a local name. */
export function isPrivateHost(host: string): boolean {
  const bare = plainName(withoutBrackets(host))
  if (isIP(bare) !== 0) return LOCAL_RANGES.has(addressRange(bare))
  return !bare.includes('.') || /\.(local|internal|localhost|lan|svc|home\.arpa)$/.test(bare)
}
