import { BlockList, isIPv6 } from 'node:net'

/** Networks as `REGISTRY_TRUST_PROXY` names them: `10.0.0.0/8`, or one address. */
export function networksOf(...networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', prefix] = network.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return list
}
