// Measures the built product with one token, everything beside something else in the same run: machines differ and are
// noisy, ratios less so. Usage: node bench/one-token.mjs [--save] [--only NAME,NAME…]
// Exit code 0 even if a wanted number is missed (this is no test), 1 if something could not be measured.
import { existsSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { endDiscovery } from './discovery.mjs'
import { measureAge } from './measures/age.mjs'
import { measureDoor } from './measures/door.mjs'
import { measureFootprint } from './measures/footprint.mjs'
import { measureHangs, measureKills } from './measures/life.mjs'
import { measureQuestion } from './measures/question.mjs'
import { measureRecoveries } from './measures/recoveries.mjs'
import { measureStart } from './measures/start.mjs'
import { chosenNames, runMeasures } from './run-measures.mjs'
import { formatTable } from './table.mjs'
import { installUpstream } from './upstream.mjs'

const MEASURES = {
  start: measureStart,
  kills: measureKills,
  hangs: measureHangs,
  recoveries: measureRecoveries,
  question: measureQuestion,
  footprint: measureFootprint,
  door: measureDoor,
  age: measureAge,
}

const { values } = parseArgs({ options: { save: { type: 'boolean' }, only: { type: 'string' } } })
const names = chosenNames(MEASURES, values.only)
if (values.save && values.only !== undefined) throw new Error('--save saves all measures, not some')
if (!existsSync(new URL('../dist/main.js', import.meta.url))) throw new Error('run `npm run build` first')

installUpstream()
const { rows, failed } = await runMeasures(MEASURES, names)
endDiscovery()

const about = `Node.js ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores`
const table = `${formatTable(rows)}\n${about}; everything on loopback.\n`
console.log(table)
if (values.save) writeFileSync(new URL('RESULTS.md', import.meta.url), `# One token\n\n${table}`)
process.exit(failed ? 1 : 0)
