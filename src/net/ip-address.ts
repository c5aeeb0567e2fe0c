import { isIP } from 'node:net'
import ipaddr, { type IPv4, type IPv6 } from 'ipaddr.js'

/**
 * Reads an address; undefined if the text is none. An IPv4 address that is mapped into IPv6 (`::ffff:1.2.3.4`) is that IPv4
 * address. A zone (`%eth0`) is left out: it means nothing to another machine, and may be any text.
 */
export function parseAddress(text: string): IPv4 | IPv6 | undefined {
  // The library takes `1.2` and `0x1.2.3.4` for addresses too, and `::1.2.3.4` for `::ffff:1.2.3.4`.
  return isIP(text) === 0 ? undefined : ipaddr.process(withoutZone(text).replace(/^::(?=\d+\.)/, '0::'))
}

/** The IPv4 address in the place of a mapped one, which no client can use. Any other text stays as it is. */
export function withoutMapping(text: string): string {
  if (!text.includes(':')) return text
  const address = parseAddress(text)
  return address?.kind() === 'ipv4' ? address.toString() : text
}

/** Whom a limit counts together: an IPv4 address, or a /64 of IPv6, which is what one customer gets (RFC 6177). */
export function rateLimitKey(address: string): string {
  if (isIP(address) !== 6) return address
  const { parts } = ipaddr.IPv6.parse(withoutZone(address))
  return parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')
}

export function withoutZone(address: string): string {
  return address.replace(/%.*$/s, '')
}
