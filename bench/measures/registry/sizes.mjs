/** Default numbers of registrants. */
export const SIZES = [100, 1000, 3000, 10_000]

/** The promise beside upstream is about this number: upstream scans a list, so that more would make it easier to keep. */
export const WANTED_AT = 3000
