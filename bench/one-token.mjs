// Measures the built product with one token, everything beside something else in the same run: machines differ and are
// noisy, ratios less so. Usage: node bench/one-token.mjs [--save] [--only NAME,NAME…]
// Exit code 0 even if a wanted number is missed (this is no test), 1 if something could not be measured.
import { existsSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { measureFootprint } from './measures/footprint.mjs'
import { measureGateway } from './measures/gateway.mjs'
import { measureMemoryAfterAnHour } from './measures/memory-after-an-hour.mjs'
import { measurePortQuery } from './measures/port-query.mjs'
import { measureHangs, measureKills } from './measures/puppet-failures.mjs'
import { measureRecoveries } from './measures/recoveries.mjs'
import { measureStart } from './measures/start.mjs'
import { chosenNames, runMeasures } from './run-measures.mjs'
import { formatTable } from './table.mjs'
import { closeDiscoveryConnections } from './until-discovery.mjs'
import { installUpstream } from './upstream.mjs'

const MEASURES = {
  start: measureStart,
  kills: measureKills,
  hangs: measureHangs,
  recoveries: measureRecoveries,
  'port-query': measurePortQuery,
  footprint: measureFootprint,
  gateway: measureGateway,
  hour: measureMemoryAfterAnHour,
}

const { values } = parseArgs({ options: { save: { type: 'boolean' }, only: { type: 'string' } } })
const names = chosenNames(MEASURES, values.only)
if (values.save && values.only !== undefined) throw new Error('--save saves all measures, not some')
if (!existsSync(new URL('../dist/main.js', import.meta.url))) throw new Error('run `npm run build` first')

installUpstream()
const { rows, failed } = await runMeasures(MEASURES, names)
closeDiscoveryConnections()

const about = `Node.js ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores`
const table = `${formatTable(rows)}\n${about}; everything on loopback.\n`
console.log(table)
if (values.save) writeFileSync(new URL('RESULTS.md', import.meta.url), `# One token\n\n${table}`)
process.exit(failed ? 1 : 0)
