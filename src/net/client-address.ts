import type { IncomingMessage } from 'node:http'
import { type BlockList, isIP, isIPv4, SocketAddress } from 'node:net'

/** `::ffff:1.2.3.4` is how a socket that listens on `::` names an IPv4 peer; clients cannot use it. */
export function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}

/**
 * Where a request comes from: the peer's own address, or, if that is a trusted proxy, what the proxies say in
 * `X-Forwarded-For`: the last address there that is no trusted proxy. Undefined if what they say is no address.
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | undefined,
  trusted: BlockList | undefined,
): string | undefined {
  const hops = (forwardedFor ?? '').split(',').map((hop) => hop.trim())
  let address = withoutMapping(peer)
  while (isTrusted(address, trusted)) {
    const hop = hops.pop()
    if (hop === undefined || hop === '') return address
    // A zone means nothing to another machine, and may be any text.
    address = withoutMapping(withoutPort(hop).replace(/%.*$/, ''))
    if (isIP(address) === 0) return undefined
  }
  return address
}

/** Where a request comes from. */
export interface Origin {
  /** Empty if it is not known. */
  readonly address: string
  /** Whether somebody says that it comes from elsewhere, and is not believed: a proxy that nobody named, perhaps. */
  readonly addressUnverified: boolean
}

export function originOf({ socket, headers }: IncomingMessage, trusted: BlockList | undefined): Origin {
  // Node.js joins what stands in several headers of that name.
  const forwardedFor = headers['x-forwarded-for'] as string | undefined
  const peer = socket.remoteAddress ?? ''
  return {
    address: clientAddress(peer, forwardedFor, trusted) ?? '',
    addressUnverified: forwardedFor !== undefined && !isTrusted(withoutMapping(peer), trusted),
  }
}

/** Whether an address is one of the trusted proxies. */
export function isTrusted(address: string, trusted: BlockList | undefined): boolean {
  const family = isIP(address)
  return family !== 0 && trusted !== undefined && trusted.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

/** Some proxies add the port: `1.2.3.4:56789`, `[2001:db8::1]:56789`. */
function withoutPort(hop: string): string {
  return hop.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^([^:]+):\d+$/, '$1')
}

/** Whom a limit counts together: an IPv4 address, or a /64 of IPv6, which is what one customer gets (RFC 6177). */
export function rateLimitKey(address: string): string {
  if (isIP(address) !== 6) return address
  // As the system writes it: proxies write one address in many ways.
  const canonical = new SocketAddress({ address: address.replace(/%.*$/, ''), family: 'ipv6' }).address
  const [head = '', tail] = canonical.split('::')
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length
  return [...first, ...Array<string>(Math.max(0, zeros)).fill('0'), ...last].slice(0, 4).join(':')
}

/** Whether every client can use `host`: a name or an IPv4 address, and not the one that means "not registered". */
export function isUsableHost(host: string): boolean {
  const labels = host.replace(/\.$/, '').split('.')
  // What ends in a number is taken for an address by most programs (WHATWG URL, "ends in a number").
  if (/^(\d+|0x[0-9a-f]*)$/i.test(labels.at(-1) ?? '')) return isIPv4(host) && host !== '0.0.0.0'
  return host.length <= 253 && labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label))
}
