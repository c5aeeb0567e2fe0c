import { isIP } from 'node:net'

/** Whoever has more has most likely one certificate for all of them. */
const NAMES_MAX = 20

/** The server names that the clients of these tokens ask for, each once, that of the first token first; the first few. */
export function serverNamesOf(tokens: readonly string[]): readonly string[] {
  const names = new Set<string>()
  for (const token of tokens) {
    const name = serverNameOf(token)
    if (name !== undefined) names.add(name)
    if (names.size === NAMES_MAX) break
  }
  return [...names]
}

/**
 * The server name (SNI) that a Wechaty client asks for in TLS: everything before the last `_` of its token, lower case. Undefined
 * where the token has no such part, or one that can be no server name (RFC 6066 §3).
 */
export function serverNameOf(token: string): string | undefined {
  const name = token.slice(0, Math.max(token.lastIndexOf('_'), 0)).toLowerCase()
  return name === '' || name.length > 255 || isIP(name) !== 0 ? undefined : name
}
