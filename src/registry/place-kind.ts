import { BlockList, isIP } from 'node:net'

/** What an address is good for. */
export type PlaceKind = 'public' | 'private' | 'loopback' | 'link-local' | 'metadata' | 'reserved'

/**
 * Addresses by kind, the narrower ones first (IANA's special-purpose registries, RFC 6890). IPv4 addresses that are mapped
 * into IPv6 match the rules for IPv4, and IPv4 addresses would match a rule for the mapped ones.
 */
const KINDS: readonly (readonly [PlaceKind, readonly string[]])[] = [
  // Where clouds keep credentials: AWS, GCP and Azure; ECS; Alibaba; Azure's wire server; Oracle; AWS over IPv6.
  [
    'metadata',
    [
      '169.254.169.254/32',
      '169.254.170.2/32',
      '100.100.100.200/32',
      '168.63.129.16/32',
      '192.0.0.192/32',
      'fd00:ec2::254/128',
    ],
  ],
  ['loopback', ['127.0.0.0/8', '::1/128']],
  ['link-local', ['169.254.0.0/16', 'fe80::/10']],
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7']],
  ['reserved', ['0.0.0.0/8', '192.0.0.0/24', '224.0.0.0/3', '::/128', '64:ff9b::/96', 'ff00::/8']],
]

const LISTS = KINDS.map(([kind, ranges]) => {
  const list = new BlockList()
  for (const range of ranges) {
    const [network = '', prefix] = range.split('/')
    list.addSubnet(network, Number(prefix), familyOf(network))
  }
  return [kind, list] as const
})

/** The kind of an address; what is no address is `reserved`. */
export function kindOf(address: string): PlaceKind {
  if (isIP(address) === 0) return 'reserved'
  return LISTS.find(([, list]) => list.check(address, familyOf(address)))?.[0] ?? 'public'
}

/**
 * Whether the registry may open a connection to `address` because somebody from `from` said so. Strangers must not be
 * able to look through it at what only it can see: its own machine, its network, its cloud's credentials.
 */
export function mayLook(address: string, from: string): boolean {
  const kind = kindOf(address)
  if (kind === 'public') return true
  if (kind === 'reserved') return false
  return kind === 'metadata' ? address === from : kind === kindOf(from)
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}
