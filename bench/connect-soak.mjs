// Runs `connect` for a while with connections that come and go, and measures whether all that they carry comes, and whether anything grows.
// Usage: node bench/connect-soak.mjs [--save] [--short] [--minutes NUMBER] [--connections NUMBER]
// Exit code 0 even if a wanted number is missed, 1 if something could not be measured. --short takes a minute, and is a test: 1 also if a
// number is missed.
import { existsSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { soak } from './measures/connect/soak.mjs'
import { soakRows } from './measures/connect/soak-rows.mjs'
import { formatTable } from './table.mjs'

const { values } = parseArgs({
  options: {
    save: { type: 'boolean' },
    short: { type: 'boolean' },
    minutes: { type: 'string', default: '10' },
    connections: { type: 'string', default: '1000' },
  },
})
const size = { minutes: values.short ? 1 : Number(values.minutes), count: Number(values.connections) }
if (!(size.minutes > 0 && size.count > 0)) throw new Error('--minutes and --connections take numbers above 0')
if (!existsSync(new URL('../dist/main.js', import.meta.url))) throw new Error('run `npm run build` first')

// Other work on the machine makes everything slower: the table tells how much there was.
const load = loadavg()[0].toFixed(1)
const rows = soakRows(await soak(size), size)
const about = `Node.js ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores`
const table = `${formatTable(rows)}
${about}; ${size.minutes} minutes on loopback, bots and puppets in processes of their own. Load average before: ${load}, after: ${loadavg()[0].toFixed(1)}.

A connection carries 1 byte to 1 MB in each direction, half of it at once and half after 0 to 20 s; both ends compare each byte. Of five, one is
closed by the bot, one by the puppet, one is reset by each of them, and of one the bot closes its half as soon as it has sent all. Every
10 s the puppet moves to another host and port, and the old one ends what it has begun; each third time it is killed in place of that, and is away
for 1.5 s. Memory is sampled every 2 s, and garbage is collected by the inspector at the end of each third of the time; the first third is for
warming up.
`
console.log(table)
if (values.save)
  writeFileSync(
    new URL('CONNECT-SOAK.md', import.meta.url),
    `# Connect while connections come and go\n\n${table}`,
  )
process.exit(values.short && rows.some(({ held }) => held === false) ? 1 : 0)
