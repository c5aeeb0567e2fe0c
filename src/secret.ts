import { createHash } from 'node:crypto'

/** The name under which a token appears in logs, metrics and status: the first 12 hex digits of its SHA-256. */
export function publicName(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 12)
}

/**
 * Makes a function that replaces every secret in a text. By value, not by place: a secret can be inside a message, a URL
 * or somebody else's error. The last line of defence; nothing is meant to reach it.
 */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  // Longest first, so that a token that begins like another one does not leave its rest behind.
  const ordered = [...new Set(secrets)].filter((secret) => secret !== '').sort((a, b) => b.length - a.length)
  return (text) =>
    ordered.reduce(
      (rest, secret) =>
        rest.includes(secret) ? rest.replaceAll(secret, `[token ${publicName(secret)}]`) : rest,
      text,
    )
}
