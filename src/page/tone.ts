/** What colour, pattern and sign something has: all is well, partly so, it is not, or nothing is known. */
export type Tone = 'good' | 'mixed' | 'bad' | 'unknown'

/** Stands beside the colour, for whoever does not tell colours apart. */
export const SIGNS: Readonly<Record<Tone, string>> = { good: '✓', mixed: '!', bad: '✗', unknown: '?' }
