// Measures what it costs to be one registry of three, beside a registry on its own in the same run.
// Usage: node bench/cluster.mjs [--save] [--short] [--only NAME,NAME…]
// Exit code 0 even if a wanted number is missed, 1 if something could not be measured. --short takes a minute, and is a test: 1 also if a
// number is out of bounds that are generous.
import { existsSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { measureArrival } from './measures/cluster/arrival.mjs'
import { measureDiscovery } from './measures/cluster/discovery.mjs'
import { measureIdle } from './measures/cluster/idle.mjs'
import { chosenNames, inTurn, runMeasures } from './run-measures.mjs'
import { formatTable } from './table.mjs'

const { values } = parseArgs({
  options: { save: { type: 'boolean' }, short: { type: 'boolean' }, only: { type: 'string' } },
})
const sizes = values.short
  ? {
      discovery: { count: 1500, rounds: 2, warmUpRounds: 1, sliceMs: 500, withUnbounded: false },
      arrival: { count: 2000, rounds: 1, restMs: 2000 },
      idle: { watchMs: 5000, rounds: 1 },
    }
  : {
      discovery: { count: 9000, rounds: 11, warmUpRounds: 4, sliceMs: 1000, withUnbounded: true },
      arrival: { count: 10_000, rounds: 5, restMs: 5000 },
      idle: { watchMs: 20_000, rounds: 3 },
    }
// In the short form all clusters settle at the same time, which takes a third of it; nothing is measured then.
const turn = values.short ? inTurn() : (work) => work()

const MEASURES = {
  discovery: () => measureDiscovery({ ...sizes.discovery, turn }),
  arrival: () => measureArrival({ ...sizes.arrival, turn }),
  idle: () => measureIdle({ ...sizes.idle, turn }),
}

const names = chosenNames(MEASURES, values.only)
if (values.save && (values.only !== undefined || values.short))
  throw new Error('--save saves all measures, whole')
if (!existsSync(new URL('../dist/main.js', import.meta.url))) throw new Error('run `npm run build` first')

const load = loadavg()[0].toFixed(1)
const groups = values.short ? names.map((name) => [name]) : [names]
const results = await Promise.all(groups.map((group) => runMeasures(MEASURES, group)))
const rows = results.flatMap((result) => result.rows)
const failed = results.some((result) => result.failed)

const about = `Node.js ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores`
const table = `${formatTable(rows)}
${about}; everything on loopback, each part in a process of its own. Load average before: ${load}, after: ${loadavg()[0].toFixed(1)}.

Nodes are measured when they have been together for 12 s: before that, a node that has just come asks the others even about tokens of its own.
For discoveries each node has a NATS server of its own; the processor time of three nodes is counted with that of their NATS servers.
`
console.log(table)
const broken = rows.flatMap(({ bounds = [] }) => bounds).filter(({ value, most }) => !(value <= most))
if (values.short)
  for (const { what, value, most } of broken) console.error(`${what}: ${value.toFixed(2)}, more than ${most}`)
if (values.save && !failed)
  writeFileSync(new URL('CLUSTER.md', import.meta.url), `# A registry of many machines\n\n${table}`)
process.exit(failed || (values.short && broken.length > 0) ? 1 : 0)
