// Measures the built product with many tokens, everything beside bare `ws` clients or upstream in the same run.
// Usage: node bench/many-tokens.mjs [--save] [--only NAME,NAME…] [--n NUMBER,NUMBER…]
// Exit code 0 even if a wanted number is missed (this is no test), 1 if something could not be measured.
import { existsSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { measureGrowth } from './measures/many/growth.mjs'
import { growthRows } from './measures/many/growth-rows.mjs'
import { measurePortQuery } from './measures/many/port-query.mjs'
import { parseSizes } from './measures/many/sizes.mjs'
import { measureTokenFileReading } from './measures/many/token-file-reading.mjs'
import { watchTokenFile } from './measures/many/token-file-watcher.mjs'
import { measureTransitions } from './measures/many/transitions.mjs'
import { drawGrowth } from './plot/growth.mjs'
import { chosenNames, runMeasures } from './run-measures.mjs'
import { formatTable } from './table.mjs'
import { closeDiscoveryConnections } from './until-discovery.mjs'
import { installUpstream } from './upstream.mjs'

const { values } = parseArgs({
  options: { save: { type: 'boolean' }, only: { type: 'string' }, n: { type: 'string' } },
})
const sizes = parseSizes(values.n)
let points = []
const MEASURES = {
  growth: async () => {
    points = await measureGrowth(sizes)
    return growthRows(points)
  },
  'port-query': () => measurePortQuery(sizes),
  transitions: () => measureTransitions(sizes),
  'token-file': () => measureTokenFileReading(watchTokenFile),
}
const names = chosenNames(MEASURES, values.only)
if (values.save && values.only !== undefined) throw new Error('--save saves all measures, not some')
if (!existsSync(new URL('../dist/main.js', import.meta.url))) throw new Error('run `npm run build` first')

// Other work on the machine makes everything slower: the table tells how much there was.
const load = loadavg()[0].toFixed(1)
installUpstream()
const { rows, failed } = await runMeasures(MEASURES, names)
closeDiscoveryConnections()

const about = `Node.js ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores`
const table = `${formatTable(rows)}\n${about}; everything on loopback, each part in a process of its own. Load average before: ${load}.\n`
console.log(table)
// An incomplete table does not replace a complete one.
if (values.save && !failed) {
  const plot = '![Cost of a token by number of tokens](many-tokens.svg)'
  writeFileSync(new URL('MANY-TOKENS.md', import.meta.url), `# Many tokens\n\n${plot}\n\n${table}`)
  writeFileSync(new URL('many-tokens.svg', import.meta.url), drawGrowth(points, about))
}
process.exit(failed ? 1 : 0)
