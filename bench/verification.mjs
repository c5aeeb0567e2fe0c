// Measures what it costs a sidecar to verify that discovery leads to its puppet, beside sidecars that do not.
// Usage: node bench/verification.mjs [--save] [--only NAME,NAME…]
// Exit code 0 even if a wanted number is missed (this is no test), 1 if something could not be measured.
import { existsSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { measureManyTokens } from './measures/verification/many-tokens.mjs'
import { measureProcessorTime } from './measures/verification/processor-time.mjs'
import { chosenNames, runMeasures } from './run-measures.mjs'
import { formatTable } from './table.mjs'
import { closeDiscoveryConnections } from './until-discovery.mjs'

const MEASURES = {
  'at-chatie': () => measureProcessorTime('chatie'),
  'at-own': () => measureProcessorTime('own'),
  many: measureManyTokens,
}

const { values } = parseArgs({ options: { save: { type: 'boolean' }, only: { type: 'string' } } })
const names = chosenNames(MEASURES, values.only)
if (values.save && values.only !== undefined) throw new Error('--save saves all measures, not some')
if (!existsSync(new URL('../dist/main.js', import.meta.url))) throw new Error('run `npm run build` first')

const load = loadavg()[0].toFixed(1)
const { rows, failed } = await runMeasures(MEASURES, names)
closeDiscoveryConnections()

const about = `Node.js ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores`
const table = `${formatTable(rows)}\n${about}; everything on loopback. Load average before: ${load}.\n`
console.log(table)
if (values.save && !failed)
  writeFileSync(new URL('VERIFICATION.md', import.meta.url), `# Verification\n\n${table}`)
process.exit(failed ? 1 : 0)
