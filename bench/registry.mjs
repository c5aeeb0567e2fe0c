// Measures the product's own registry beside the public registry's server and bare servers, all in the same run.
// Usage: node bench/registry.mjs [--save] [--apart] [--only NAME,NAME…] [--n NUMBER,NUMBER…]
// --apart gives each server a core of its own; only for an otherwise idle machine.
// Exit code 0 even if a wanted number is missed (this is no test), 1 if something could not be measured.
import { existsSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { cpuAffinity } from './cpu-affinity.mjs'
import { parseSizes } from './measures/many/sizes.mjs'
import { measureArrival } from './measures/registry/arrival.mjs'
import { measureCached } from './measures/registry/cached.mjs'
import { measureDiscovery } from './measures/registry/discovery.mjs'
import { SIZES } from './measures/registry/sizes.mjs'
import { chosenNames, runMeasures } from './run-measures.mjs'
import { formatTable } from './table.mjs'

const { values } = parseArgs({
  options: {
    save: { type: 'boolean' },
    apart: { type: 'boolean' },
    only: { type: 'string' },
    n: { type: 'string' },
  },
})
const sizes = parseSizes(values.n ?? SIZES.join(), [])
const MEASURES = {
  discovery: () => measureDiscovery(sizes),
  cached: measureCached,
  arrival: () => measureArrival(sizes),
}
const names = chosenNames(MEASURES, values.only)
if (values.save && values.only !== undefined) throw new Error('--save saves all measures, not some')
if (!existsSync(new URL('../dist/main.js', import.meta.url))) throw new Error('run `npm run build` first')

// Other work on the machine makes everything slower: the table tells how much there was.
const load = loadavg()[0].toFixed(1)
if (values.apart) cpuAffinity.reserveFirstCore()
const { rows, failed } = await runMeasures(MEASURES, names)

const about = `Node.js ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores`
const where = values.apart ? ', each server alone on the first core' : ''
const table = `${formatTable(rows)}
${about}; everything on loopback, each part in a process of its own${where}. Load average before: ${load}.

Discoveries come over 16 connections, one after another on each. Given are answers a second, the median of the slices and
their range; then how long an answer took, p50 / p99 of all; then the processor time of the server for each.
`
console.log(table)
// An incomplete table does not replace a complete one.
if (values.save && !failed) {
  writeFileSync(new URL('REGISTRY.md', import.meta.url), `# The registry\n\n${table}`)
}
process.exit(failed ? 1 : 0)
