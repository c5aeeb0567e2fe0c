import { parseSeed, randomOf } from './random.mjs'

/** Between the end of a fault and the beginning of the next: time for most to recover. */
const PAUSE_MS = { least: 3000, most: 7000 }
/** Processes take a moment to start or end. */
const ALLOWANCE_MS = 1000

/**
 * When each of `faults` begins, in milliseconds from the beginning of the script, the same for every subject, so that they can be
 * compared. The pauses are random, by `seed`, so that faults are not in step with any timer.
 * @param {{ faults: Fault[], seed: string, order: 'as-written' | 'shuffled' }} options
 */
export function planOf({ faults, seed, order }) {
  const random = randomOf(parseSeed(seed))
  const inOrder = order === 'shuffled' ? shuffled(faults, random) : faults
  let atMs = 0
  const planned = inOrder.map((fault) => {
    const row = { fault, atMs }
    const pauseMs = PAUSE_MS.least + random() * (PAUSE_MS.most - PAUSE_MS.least)
    atMs += lengthOf(fault) + ALLOWANCE_MS + pauseMs
    return row
  })
  return { planned, lengthMs: atMs }
}

function lengthOf({ forMs, times = 1, betweenMs = 0 }) {
  return times * forMs + (times - 1) * betweenMs
}

/** Fisher and Yates. */
function shuffled(things, random) {
  const all = [...things]
  for (let last = all.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1))
    ;[all[last], all[other]] = [all[other], all[last]]
  }
  return all
}
