import { isLocalhost, plainName, withoutBrackets } from './host-name.ts'
import { parseAddress } from './ip-address.ts'

/** The library's names for addresses that are not of the public internet (RFC 6890). */
const LOCAL_RANGES: ReadonlySet<string> = new Set([
  'unspecified',
  'private',
  'carrierGradeNat',
  'loopback',
  'linkLocal',
  'uniqueLocal',
])

/** Whether a host means this very machine, or the network namespace that is shared with others in it. */
export function isLoopbackHost(host: string): boolean {
  const bare = withoutBrackets(host)
  return parseAddress(bare)?.range() === 'loopback' || isLocalhost(bare)
}

/** Whether a host cannot be reached over the internet: a local address, a name without a dot, or a local name. */
export function isPrivateHost(host: string): boolean {
  const bare = plainName(withoutBrackets(host))
  const address = parseAddress(bare)
  if (address !== undefined) return LOCAL_RANGES.has(address.range())
  return !bare.includes('.') || /\.(local|internal|localhost|lan|svc|home\.arpa)$/.test(bare)
}
