// A puppet that stalls for 0.2, 0.4 … 4 s: is it withdrawn, and for how long is discovery's answer wrong? Usage: node
// bench/stalls.mjs [--save] [--puppets N]. Exit code 0 even if a wanted result is missed, 1 if something could not be measured.
import { existsSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { measureStalls } from './measures/stalls.mjs'
import { seconds } from './numbers.mjs'
import { drawStalls } from './plot/stalls.mjs'
import { closeDiscoveryConnections } from './until-discovery.mjs'

/** The contract: up to here nothing is withdrawn; from there on everything is. */
const NEVER_UP_TO_MS = 1500
const ALWAYS_FROM_MS = 2600

const { values } = parseArgs({
  options: { save: { type: 'boolean' }, puppets: { type: 'string', default: '20' } },
})
if (!existsSync(new URL('../dist/main.js', import.meta.url))) throw new Error('run `npm run build` first')

const stalls = await measureStalls({ puppets: Number(values.puppets) })
closeDiscoveryConnections()

const HEAD = '| stall | withdrawn | lie: median (range) | wanted | held? |\n| --- | --- | --- | --- | --- |\n'
const rows = stalls.map(({ stallMs, withdrawn, lies }) => {
  const wanted = stallMs <= NEVER_UP_TO_MS ? 'never' : stallMs >= ALWAYS_FROM_MS ? 'always' : ''
  const held = wanted === 'never' ? withdrawn === 0 : withdrawn === lies.length
  const range = `${seconds(lies.median)} (${seconds(lies.least)} to ${seconds(lies.most)})`
  return `| ${seconds(stallMs)} | ${withdrawn} of ${lies.length} | ${range} | ${wanted} | ${wanted === '' ? '' : held ? 'yes' : '**no**'} |\n`
})
const about = `Node.js ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores`
const table = `${HEAD}${rows.join('')}\n${about}; everything on loopback.\n`
console.log(table)
if (values.save) {
  writeFileSync(new URL('STALLS.md', import.meta.url), `# A puppet that stalls\n\n${table}`)
  writeFileSync(new URL('stalls.svg', import.meta.url), drawStalls(stalls, about))
}
process.exit(0)
