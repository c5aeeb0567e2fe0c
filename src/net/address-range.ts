import { BlockList, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'

/** What an address is good for. */
export type AddressRange = 'public' | 'private' | 'loopback' | 'link-local' | 'metadata' | 'reserved' | 'own'

/**
 * Addresses by kind, the narrower ones first (IANA's special-purpose registries, RFC 6890). IPv4 addresses that are mapped
 * into IPv6 match the rules for IPv4, and IPv4 addresses would match a rule for the mapped ones.
 */
const KINDS: readonly (readonly [AddressRange, readonly string[]])[] = [
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
  [
    'reserved',
    [
      ...['0.0.0.0/8', '192.0.0.0/24', '192.0.2.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
      ...['224.0.0.0/3', '::/96', '64:ff9b::/96', '64:ff9b:1::/48', '2001:db8::/32', '2002::/16'],
      ...['fec0::/10', 'ff00::/8'],
    ],
  ],
]

const LISTS = KINDS.map(([kind, ranges]) => {
  const list = new BlockList()
  for (const range of ranges) {
    const [network = '', prefix] = range.split('/')
    list.addSubnet(network, Number(prefix), familyOf(network))
  }
  return [kind, list] as const
})

/** The kind of an address; what is no address is `reserved`, and a public address of this machine its `own`. */
export function addressRange(address: string): AddressRange {
  if (isIP(address) === 0) return 'reserved'
  const kind = LISTS.find(([, list]) => list.check(address, familyOf(address)))?.[0]
  return kind ?? (isOwn(address) ? 'own' : 'public')
}

function isOwn(address: string): boolean {
  return Object.values(networkInterfaces()).some((all) => all?.some((own) => own.address === address))
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}
