import { BlockList, isIP } from 'node:net'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8)
LOOPBACK.addAddress('::1', 'ipv6')

/** Whether a host means this very machine, or the network namespace that is shared with others in it. */
export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '')
  const version = isIP(bare)
  if (version !== 0) return LOOPBACK.check(bare, version === 4 ? 'ipv4' : 'ipv6')
  return /^localhost\.?$/i.test(bare)
}
