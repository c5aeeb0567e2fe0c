/** The promises are about this number of tokens: the other numbers have no wanted values. */
export const WANTED_AT = 10_000

/** Default numbers of tokens. */
const SIZES = [1, 100, 1000, WANTED_AT]

/** Reads numbers of tokens, `1,100,1000`. Those of `always` are added: the cost of one token is that of the process itself. */
export function parseSizes(text, always = [1]) {
  const sizes = text?.split(',').map(Number) ?? SIZES
  if (!sizes.every((size) => Number.isInteger(size) && size >= 1))
    throw new Error(`'${text}' is no list of numbers`)
  return [...new Set([...always, ...sizes])].sort((a, b) => a - b)
}
