// Measures what it costs to be led to a puppet by `connect`, beside a straight connection and beside a bare relay in the same run.
// Usage: node bench/connect.mjs [--save] [--short] [--only NAME,NAME…]
// Exit code 0 even if a wanted number is missed, 1 if something could not be measured. --short takes a minute, and is a test: 1 also if a
// number is out of bounds that are generous.
import { existsSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { measureFootprint } from './measures/connect/footprint.mjs'
import { measureLatency } from './measures/connect/latency.mjs'
import { measureMoves } from './measures/connect/moved.mjs'
import { measureThroughput } from './measures/connect/throughput.mjs'
import { chosenNames, runMeasures } from './run-measures.mjs'
import { formatTable } from './table.mjs'

const { values } = parseArgs({
  options: { save: { type: 'boolean' }, short: { type: 'boolean' }, only: { type: 'string' } },
})
const size = values.short
  ? { calls: 1000, bytes: 200e6, rounds: 3, connections: [500], cpuMs: 5000, moves: 10 }
  : { calls: 10_000, bytes: 1e9, rounds: 7, connections: [1000, 5000], cpuMs: 60_000, moves: 100 }

const MEASURES = {
  latency: () => measureLatency(size.calls),
  throughput: () => measureThroughput(size.bytes, size.rounds),
  footprint: () => measureFootprint(size.connections, size.cpuMs),
  moved: () => measureMoves(size.moves),
}

const names = chosenNames(MEASURES, values.only)
if (values.save && (values.only !== undefined || values.short))
  throw new Error('--save saves all measures, whole')
if (!existsSync(new URL('../dist/main.js', import.meta.url))) throw new Error('run `npm run build` first')

const load = loadavg()[0].toFixed(1)
const { rows, failed } = await runMeasures(MEASURES, names)

const about = `Node.js ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores`
const table = `${formatTable(rows)}\n${about}; everything on loopback. Load average before: ${load}, after: ${loadavg()[0].toFixed(1)}.\n`
console.log(table)
const broken = rows.flatMap(({ bounds = [] }) => bounds).filter(({ value, most }) => !(value <= most))
if (values.short)
  for (const { what, value, most } of broken) console.error(`${what}: ${value.toFixed(2)}, more than ${most}`)
if (values.save && !failed) writeFileSync(new URL('CONNECT.md', import.meta.url), `# Connect\n\n${table}`)
process.exit(failed || (values.short && broken.length > 0) ? 1 : 0)
