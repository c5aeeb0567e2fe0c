import { createHash } from 'node:crypto'

/** The name under which a token appears in logs, metrics and status: the first 12 hex digits of its SHA-256. */
export function publicName(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 12)
}

const SHORTEST = 8

/**
 * Makes a function that replaces every secret in a text. By value, not by place: a secret can be inside a message, a URL
 * or somebody else's error. The last line of defence; nothing is meant to reach it. A secret that is shorter than a word
 * is left alone: it can be guessed anyway, and taking it out would break every line it happens to be part of.
 */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  // Longest first, so that a token that begins like another one does not leave its rest behind.
  const spellings = secrets.filter((secret) => secret.length >= SHORTEST).flatMap(spellingsOf)
  const ordered = spellings.sort((a, b) => b.text.length - a.text.length)
  return (text) =>
    ordered.reduce((rest, spelling) => {
      if (!rest.includes(spelling.text)) return rest
      return rest.replaceAll(spelling.text, () => `[token ${publicName(spelling.secret)}]`)
    }, text)
}

/** A token as it is, and as URLs write it where it holds unusual characters. */
function spellingsOf(secret: string): { text: string; secret: string }[] {
  const inPath = new URL(`http://localhost/${secret}`).pathname.slice(1)
  return [...new Set([secret, inPath, encodeURIComponent(secret)])]
    .filter((text) => text !== '')
    .map((text) => ({ text, secret }))
}
