import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { isLocalhost, plainName, withoutBrackets } from './host-name.ts'

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
  if (isIP(withoutBrackets(name)) !== 0 || isLocalhost(name)) return true
  return [hostname(), ...names].some((own) => plainName(own) === name)
}
