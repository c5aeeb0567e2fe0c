/**
 * The word of a list that somebody may have meant: the one that the fewest mistakes lead to. Two neighbours in the wrong order
 * are one mistake, and capitals are none. Undefined if none is near: about one mistake for five characters, at most three.
 */
export function nearestWord(written: string, words: Iterable<string>): string | undefined {
  const upper = written.toUpperCase()
  let best: { readonly word: string; readonly mistakes: number } | undefined
  for (const word of words) {
    const most = Math.min(3, Math.floor((Math.max(word.length, upper.length) * 2) / 9))
    if (Math.abs(word.length - upper.length) > most) continue
    const mistakes = mistakesBetween(upper, word.toUpperCase())
    if (mistakes <= most && (best === undefined || mistakes < best.mistakes)) best = { word, mistakes }
  }
  return best?.word
}

/** Characters that are missing, too many, wrong, or changed places with their neighbour (optimal string alignment). */
function mistakesBetween(one: string, other: string): number {
  let before: number[] = []
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= other.length; j += 1) {
      const isSame = one[i - 1] === other[j - 1]
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      next[j] = Math.min(
        at(row, j) + 1,
        at(next, j - 1) + 1,
        at(row, j - 1) + (isSame ? 0 : 1),
        isSwapped ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    before = row
    row = next
  }
  return at(row, other.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
