import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { withoutMapping, withoutZone } from './ip-address.ts'
import type { Networks } from './networks.ts'

/**
 * Where a request comes from: the peer's own address, or, if that is a trusted proxy, the last address in
 * `X-Forwarded-For` that is no trusted proxy. Undefined if that is no address.
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | undefined,
  trusted: Networks | undefined,
): string | undefined {
  const hops = (forwardedFor ?? '').split(',').map((hop) => hop.trim())
  let address = withoutMapping(peer)
  while (trusted?.contains(address)) {
    const hop = hops.pop()
    if (hop === undefined || hop === '') return address
    address = withoutMapping(withoutZone(withoutPort(hop)))
    if (isIP(address) === 0) return undefined
  }
  return address
}

export interface Origin {
  /** Empty if it is not known. */
  readonly address: string
  /** Whether there is an `X-Forwarded-For` of a peer that is not trusted: a proxy that is missing in the configuration, perhaps. */
  readonly addressUnverified: boolean
}

export function originOf({ socket, headers }: IncomingMessage, trusted: Networks | undefined): Origin {
  // Node.js joins several headers of that name.
  const forwardedFor = headers['x-forwarded-for'] as string | undefined
  const peer = socket.remoteAddress ?? ''
  return {
    address: clientAddress(peer, forwardedFor, trusted) ?? '',
    addressUnverified: forwardedFor !== undefined && trusted?.contains(peer) !== true,
  }
}

/** Some proxies add the port: `1.2.3.4:56789`, `[2001:db8::1]:56789`. */
function withoutPort(hop: string): string {
  return hop.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^([^:]+):\d+$/, '$1')
}
