import { isIP } from 'node:net'

/**
 * The server name (SNI) that a Wechaty client asks for in TLS: everything before the last `_` of its token, lower case. Undefined
 * where the token has no such part, or one that can be no server name (RFC 6066 §3).
 */
export function serverNameOf(token: string): string | undefined {
  const name = token.slice(0, Math.max(token.lastIndexOf('_'), 0)).toLowerCase()
  return name === '' || name.length > 255 || isIP(name) !== 0 ? undefined : name
}
