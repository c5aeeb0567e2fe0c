// Compares this build with an earlier one, in alternated pairs (before, after, after, before, …) of the same run.
// Usage: node bench/pairs.mjs --before FOLDER [--pairs N] [--only NAME,…] [--truth short|whole] [--apart] [--save]
// FOLDER has dist/main.js of the earlier build. --truth whole takes 5 minutes a pair. --apart gives each registry a core of its
// own; only for an otherwise idle machine. --save writes bench/PAIRS.md, of all measures.
// Exit code 0 even if something is worse (this is no test), 1 if something could not be measured.
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { cpuAffinity } from './cpu-affinity.mjs'
import { MAIN } from './launch.mjs'
import { IDLE } from './pairs/idle.mjs'
import { KILL } from './pairs/kill.mjs'
import { MANY } from './pairs/many.mjs'
import { REGISTRY } from './pairs/registry.mjs'
import { formatPairs, rowOf } from './pairs/rows.mjs'
import { START } from './pairs/start.mjs'
import { truthMeasure } from './pairs/truth.mjs'
import { chosenNames } from './run-measures.mjs'
import { failedRow } from './table.mjs'
import { now, within } from './time.mjs'

/** A pair that takes longer hangs. */
const PAIR_MS = 10 * 60_000

const { values } = parseArgs({
  options: {
    before: { type: 'string' },
    pairs: { type: 'string', default: '5' },
    only: { type: 'string' },
    truth: { type: 'string', default: 'short' },
    apart: { type: 'boolean' },
    save: { type: 'boolean' },
  },
})
const count = Number(values.pairs)
if (!(Number.isInteger(count) && count > 0)) throw new Error('--pairs takes a whole number above 0')
if (!['short', 'whole'].includes(values.truth)) throw new Error('--truth is short or whole')
if (values.save && values.only !== undefined) throw new Error('--save saves all measures, not some')
if (values.before === undefined) throw new Error('--before takes a folder with dist/main.js')
const mains = { before: resolve(values.before, 'dist/main.js'), after: MAIN }
for (const main of Object.values(mains)) if (!existsSync(main)) throw new Error(`there is no ${main}`)

/**
 * @typedef {object} PairMeasure
 * @property {Record<string, { text: string, format: (value: number) => string, better?: 'lower' | 'higher' }>} metrics
 *   better: lower, if it is not given
 * @property {(options: { mains: { before: string, after: string }, pair: number }) => Promise<Pair>} measurePair measures both
 *   builds, whose commands are `mains`, in the order of the pair's number
 *
 * @typedef {{ before: Record<string, number>, after: Record<string, number> }} Pair the value of each metric
 *
 * @type {Record<string, PairMeasure>}
 */
const MEASURES = {
  start: START,
  kill: KILL,
  idle: IDLE,
  many: MANY,
  truth: truthMeasure(values.truth === 'whole'),
  // Last: with --apart, everything from here on leaves the first core to registries.
  registry: REGISTRY,
}
const names = chosenNames(MEASURES, values.only)

const load = loadavg()[0].toFixed(1)
const rows = []
let failed = false
for (const name of names) {
  if (name === 'registry' && values.apart) cpuAffinity.reserveFirstCore()
  try {
    rows.push(...(await rowsOf(name, MEASURES[name])))
  } catch (error) {
    console.error(error)
    const { measure, value } = failedRow(name, error)
    rows.push([measure, value, '', '', ''])
    failed = true
  }
}

const about = `Node.js ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores`
const text = `${formatPairs(rows)}
${about}; everything on loopback. ${count} pairs; before: ${commitOf(mains.before)}, after: ${commitOf(mains.after)}. \
Load average at the start: ${load}.

Both builds are measured in the same run, in alternated order (before, after, after, before, …). Each pair gives one value of each
build; given are the median of these values, and their range. Worse: the median is worse by more than 5 % and worse than all values
before.
`
console.log(text)
// An incomplete table does not replace a complete one.
if (values.save && !failed)
  writeFileSync(new URL('PAIRS.md', import.meta.url), `# Before and after\n\n${text}`)
process.exit(failed ? 1 : 0)

async function rowsOf(name, { metrics, measurePair }) {
  const pairs = []
  while (pairs.length < count) {
    const beganMs = now()
    const what = `${name}, pair ${pairs.length + 1} of ${count}`
    pairs.push(await within(PAIR_MS, what, measurePair({ mains, pair: pairs.length })))
    console.error(`${what}: ${Math.round((now() - beganMs) / 1000)} s`)
  }
  return Object.entries(metrics).map(([key, metric]) => rowOf(key, metric, pairs))
}

/** The commit of the tree in which a build lies. */
function commitOf(main) {
  try {
    const cwd = join(dirname(main), '..')
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd, encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}
