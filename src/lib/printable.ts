/** All but letters and marks of all languages, digits, punctuation, symbols and spaces: control, format and private characters. */
const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]/gu

/**
 * What a stranger wrote, fit for one line of a log or a terminal: nothing that moves the cursor, changes colours or the direction of
 * writing. Secrets are taken out before it is cut, so that no half of one is left.
 *
 * @param maxLength in characters
 */
export function printable(text: string, redact: (text: string) => string, maxLength = 100): string {
  const clean = redact(text.replace(UNPRINTABLE, ' ').replace(/\s+/g, ' ').trim())
  const characters = [...clean]
  return characters.length <= maxLength ? clean : `${characters.slice(0, maxLength).join('')}…`
}

/** The name of a file, fit for the same: it stays as long as it is, so that it can be recognised. */
export function printableName(name: string): string {
  return name.replace(UNPRINTABLE, '?')
}
