import { failedRow } from './table.mjs'
import { now, within } from './time.mjs'

/** A measure that takes longer hangs. */
const MEASURE_MS = 10 * 60_000

/** The names in `only`, a list with commas, or of all `measures`. Throws for an unknown name. */
export function chosenNames(measures, only) {
  const names = only?.split(',') ?? Object.keys(measures)
  const unknown = names.find((name) => !Object.hasOwn(measures, name))
  if (unknown !== undefined) throw new Error(`there is no measure '${unknown}'`)
  return names
}

/** Lets those that prepare at the same time measure one after another. @returns runs `work` when all before it have ended */
export function inTurn() {
  let last = Promise.resolve()
  return (work) => {
    const own = last.then(work)
    last = own.catch(() => {})
    return own
  }
}

/** Runs measures one after another; one that fails becomes a row, and the others run all the same. */
export async function runMeasures(measures, names) {
  const rows = []
  let failed = false
  for (const name of names) {
    const beganMs = now()
    try {
      rows.push(...(await within(MEASURE_MS, name, measures[name]())))
      console.error(`${name}: ${Math.round((now() - beganMs) / 1000)} s`)
    } catch (error) {
      console.error(error)
      rows.push(failedRow(name, error))
      failed = true
    }
  }
  return { rows, failed }
}
