/** How many are registered, if nothing else is asked for. */
export const SIZES = [100, 1000, 3000, 10_000]

/** The promise beside upstream is about so many: its list is scanned, and with more of them it would be cheap. */
export const WANTED_AT = 3000
