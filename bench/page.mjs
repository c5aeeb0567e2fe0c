// Measures what pages cost the sidecar that they look at: one with ten pages open beside one with none, and beside a build without a page, all at the same time.
// Usage: node bench/page.mjs [--save] [--short] [--minutes NUMBER] [--before FOLDER]
// FOLDER has dist/main.js of a build without a page. Exit code 0 even if a wanted number is missed, 1 if something could not be measured.
// --short takes a minute, and is a test: 1 also if a number is missed.
import { existsSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { MAIN } from './launch.mjs'
import { measurePages, PAGES } from './measures/page/pages.mjs'
import { pageRows } from './measures/page/rows.mjs'
import { formatTable } from './table.mjs'

const { values } = parseArgs({
  options: {
    save: { type: 'boolean' },
    short: { type: 'boolean' },
    minutes: { type: 'string', default: '10' },
    before: { type: 'string' },
  },
})
const minutes = values.short ? 0.75 : Number(values.minutes)
if (!(minutes > 0)) throw new Error('--minutes takes a number above 0')
const before = values.before === undefined ? undefined : resolve(values.before, 'dist/main.js')
for (const main of [MAIN, before ?? MAIN]) if (!existsSync(main)) throw new Error(`there is no ${main}`)

// Other work on the machine makes everything slower: the table tells how much there was.
const load = loadavg()[0].toFixed(1)
const each = values.short ? 1 : 3
const rows = pageRows(await measurePages({ minutes, each, before }), { before })
const about = `Node.js ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores`
const table = `${formatTable(rows)}
${about}; ${minutes} minutes on loopback. Load average before: ${load}, after: ${loadavg()[0].toFixed(1)}.

All processes run at the same time, ${each} of each kind; given is the median of a kind, and the difference of the medians. A page that is open is a client that
loads the page's three files, follows \`/updates\` as a browser's \`EventSource\` does, and with several tokens reads the list of them every 2 s while updates come; ${PAGES} are open
at each sidecar with pages, all the time. Quiet: one token, and nothing happens. Lively: 100 tokens, whose puppet is ended every 20 s and is away for 5 s. Memory is what is
resident, the median of a sample each second; processor time is as the scheduler counts it.
`
console.log(table)
if (values.save) writeFileSync(new URL('PAGE.md', import.meta.url), `# What open pages cost\n\n${table}`)
process.exit(values.short && rows.some(({ held }) => held === false) ? 1 : 0)
