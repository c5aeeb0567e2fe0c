import ipaddr from 'ipaddr.js'
import { parseAddress } from './ip-address.ts'

/** What an address is good for. */
export type AddressRange =
  | 'public'
  | 'private'
  | 'loopback'
  | 'link-local'
  | 'metadata'
  | 'multicast'
  | 'broadcast'
  | 'unspecified'
  | 'reserved'

/** Where clouds keep credentials: AWS, GCP and Azure; ECS; Alibaba; Azure's wire server; Oracle; AWS over IPv6. */
const METADATA: ReadonlySet<string> = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fd00:ec2::254',
])

/** Of `/96`: IPv6 addresses that hold an IPv4 one, deprecated (RFC 4291 §2.5.5.1). They would lead round every rule for it. */
const IPV4_COMPATIBLE = ipaddr.IPv6.parse('::')

/** IANA's special-purpose registries (RFC 6890), by the library's names; any other special purpose is `reserved`. */
const RANGES: Readonly<Record<string, AddressRange>> = {
  unicast: 'public',
  loopback: 'loopback',
  linkLocal: 'link-local',
  private: 'private',
  carrierGradeNat: 'private',
  uniqueLocal: 'private',
  multicast: 'multicast',
  broadcast: 'broadcast',
  unspecified: 'unspecified',
}

/** The range of an address; what is no address is `reserved`. */
export function addressRange(text: string): AddressRange {
  const address = parseAddress(text)
  if (address === undefined) return 'reserved'
  if (METADATA.has(address.toString())) return 'metadata'
  const range = RANGES[address.range()] ?? 'reserved'
  if (range !== 'public') return range
  if (address.kind() === 'ipv6' && address.match(IPV4_COMPATIBLE, 96)) return 'reserved'
  return 'public'
}
