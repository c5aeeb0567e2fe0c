import { median } from '../numbers.mjs'

/** The two builds that are compared. */
export const BUILDS = ['before', 'after']

/** Which build comes first changes from round to round, so that a drift of the machine falls on both. */
export function orderOf(round) {
  return round % 2 === 0 ? BUILDS : BUILDS.toReversed()
}

/**
 * Calls `measure(build)` for both builds, one after the other, `times` times, the first time in the order of `firstRound`.
 * Resolves with the results of each build: `{before: [], after: []}`.
 */
export async function alternately(times, firstRound, measure) {
  const results = { before: [], after: [] }
  for (let round = firstRound; round < firstRound + times; round += 1) {
    for (const build of orderOf(round)) results[build].push(await measure(build))
  }
  return results
}

/** Objects with the same keys as one object with the median of each; for each build. */
export function mediansOf({ before, after }) {
  const medians = (objects) =>
    Object.fromEntries(Object.keys(objects[0]).map((key) => [key, median(objects.map((one) => one[key]))]))
  return { before: medians(before), after: medians(after) }
}
