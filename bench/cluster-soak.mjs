// Runs three registries of a cluster for a while with registrants that come, move and leave, while nodes and NATS servers are killed and ended,
// and measures whether any answer is wrong, and whether anything grows or is left.
// Usage: node bench/cluster-soak.mjs [--save] [--short] [--minutes NUMBER] [--registrants NUMBER] [--seed NUMBER]
// Exit code 0 even if a wanted number is missed, 1 if something could not be measured. --short takes a minute, and is a test: 1 also if a
// number is missed.
import { randomInt } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { soak } from './measures/cluster/soak.mjs'
import { soakRows } from './measures/cluster/soak-rows.mjs'
import { formatTable } from './table.mjs'
import { parseSeed } from './truth/random.mjs'

const { values } = parseArgs({
  options: {
    save: { type: 'boolean' },
    short: { type: 'boolean' },
    minutes: { type: 'string', default: '10' },
    registrants: { type: 'string', default: '3000' },
    seed: { type: 'string', default: String(randomInt(1e6)) },
  },
})
const size = {
  minutes: values.short ? 1 : Number(values.minutes),
  count: Number(values.registrants),
  seed: parseSeed(values.seed),
}
if (!(size.minutes > 0 && size.count > 0)) throw new Error('--minutes and --registrants take numbers above 0')
if (!existsSync(new URL('../dist/main.js', import.meta.url))) throw new Error('run `npm run build` first')
console.error(`seed ${size.seed}`)

// Other work on the machine makes everything slower: the table tells how much there was.
const load = loadavg()[0].toFixed(1)
const rows = soakRows(await soak(size), size)
const about = `Node.js ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores`
const table = `${formatTable(rows)}
${about}; ${size.minutes} minutes on loopback, seed ${size.seed}. Load average before: ${load}, after: ${loadavg()[0].toFixed(1)}.

Three nodes and three NATS servers, of which one after another is killed or ended, and is back after 0.2 to 2.5 s, every 2 to 6 s; one of the
nodes stays. No node is killed in the first half: for 3 min after that each 404 is 503. A registrant stays for 2 to 60 s; of ten, three move to
another node and two get a second registrant beside them. A link that is lost is made again after 50 to 250 ms at any node. Any node is asked,
200 times a second in all, and 1,000 times when a fault begins; half of the questions are about tokens that changed in the last 3 s. What is
seen less than 0.75 s after a change is not judged; nor is an older registrant less than 5 s after a fault of a NATS server began, nor a 503
less than 5 s after a fault that may be its cause.
`
console.log(table)
if (values.save)
  writeFileSync(
    new URL('CLUSTER-SOAK.md', import.meta.url),
    `# A registry of many machines while nodes and servers fail\n\n${table}`,
  )
process.exit(values.short && rows.some(({ held }) => held === false) ? 1 : 0)
