/** The promise is about so many tokens: with other numbers nothing is wanted. */
export const WANTED_AT = 10_000

/** How many tokens are measured, if nothing else is asked for. */
const SIZES = [1, 100, 1000, WANTED_AT]

/**
 * Reads numbers of tokens, `1,100,1000`. Those of `always` are among them: what one token costs is what a process costs
 * by itself.
 */
export function parseSizes(text, always = [1]) {
  const sizes = text?.split(',').map(Number) ?? SIZES
  if (!sizes.every((size) => Number.isInteger(size) && size >= 1))
    throw new Error(`'${text}' is no list of numbers`)
  return [...new Set([...always, ...sizes])].sort((a, b) => a - b)
}
