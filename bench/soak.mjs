// Runs the registry for a while with registrants that register and leave, and measures whether its memory grows.
// Usage: node bench/soak.mjs [--save] [--minutes NUMBER] [--registrants NUMBER]
// Exit code 0 even if a wanted number is missed (this is no test), 1 if something could not be measured.
import { existsSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { soak } from './measures/registry/soak.mjs'
import { soakRows } from './measures/registry/soak-rows.mjs'
import { formatTable } from './table.mjs'

const { values } = parseArgs({
  options: {
    save: { type: 'boolean' },
    minutes: { type: 'string', default: '10' },
    registrants: { type: 'string', default: '2000' },
  },
})
const size = { minutes: Number(values.minutes), count: Number(values.registrants) }
if (!(size.minutes > 0 && size.count > 0)) throw new Error('--minutes and --registrants take numbers above 0')
if (!existsSync(new URL('../dist/main.js', import.meta.url))) throw new Error('run `npm run build` first')

// Other work on the machine makes everything slower: the table tells how much there was.
const load = loadavg()[0].toFixed(1)
const rows = soakRows(await soak(size), size)
const about = `Node.js ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores`
const table = `${formatTable(rows)}
${about}; ${size.minutes} minutes on loopback, the load in a process of its own. Load average before: ${load}.

A registrant stays for 1 to 60 s. Of twenty, ten close, four reset, three half close, and three go silent; another takes the
place of each at once (of a silent one, when the registry has had time to notice). Of twenty, sixteen answer port queries
promptly, two slowly, one never and one with nonsense; one discovery of ten asks for an unknown token. Memory is sampled
every 5 s, and the registry's garbage is collected by its inspector at the end of each third of the time; the first third
is for warming up.
`
console.log(table)
if (values.save)
  writeFileSync(
    new URL('SOAK.md', import.meta.url),
    `# The registry while registrants register and leave\n\n${table}`,
  )
process.exit(0)
