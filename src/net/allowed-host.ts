import { isIP } from 'node:net'
import { hostname } from 'node:os'

/**
 * Whether a request asks for a server by a name that is the server's own (`Host`, RFC 9110 §7.2). A page in a browser can let a name of
 * its own resolve to any address, and then read the answers (DNS rebinding); but then the request holds the page's name.
 *
 * An address is always right, and so is `localhost`, which browsers do not look up. A request without a name comes from no browser.
 *
 * @param names more names that are right, without a port
 */
export function isAllowedHost(header: string | undefined, names: readonly string[]): boolean {
  if (header === undefined) return true
  const name = plainName(header.replace(/:\d*$/, ''))
  const isAddress = isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0
  if (isAddress || name === 'localhost' || name.endsWith('.localhost')) return true
  return [hostname(), ...names].some((own) => plainName(own) === name)
}

/** The case of a name does not matter, and neither does a dot at its end. */
function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}
