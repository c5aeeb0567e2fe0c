// Lie time: for how many seconds discovery's answer is wrong while fault follows fault, for this product, upstream's gateway and an
// oracle (a registrant that learns of each fault at once), at two registries.
// Usage: node bench/truth.mjs [--save] [--short] [--seed N] [--order as-written|shuffled] [--only FAULT,…]
//   [--subject NAME,…] [--registry NAME,…] [--cluster] [--timelines]
// --cluster: at three registries that are one, with faults of nodes and of NATS too.
// --timelines writes all samples into a JSON file in a folder for temporary files.
// --short is a test: a minute, a few faults, and exit code 1 if the lie time is over a limit, or if the sidecar, which verifies as often as
// it may, raised an alarm about discovery while that was right. Otherwise the exit code is 0 unless
// something could not be measured.
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { writeSection } from './document-section.mjs'
import { drawTruth } from './plot/truth.mjs'
import { sleep } from './time.mjs'
import { alarmsOf } from './truth/alarms.mjs'
import { CLUSTER_FAULTS, FAULTS } from './truth/faults.mjs'
import { lieTime } from './truth/lie-time.mjs'
import { planOf } from './truth/plan.mjs'
import { POLL_INTERVAL_MS } from './truth/pollers.mjs'
import { meanBeyondS, reportOf } from './truth/report.mjs'
import { runSubject, STAGGER_MS } from './truth/run-subject.mjs'
import { SHORT } from './truth/short.mjs'
import { SUBJECTS } from './truth/subjects.mjs'
import { installUpstream } from './upstream.mjs'

const { values } = parseArgs({
  options: {
    save: { type: 'boolean' },
    short: { type: 'boolean' },
    seed: { type: 'string', default: '1' },
    order: { type: 'string', default: 'as-written' },
    only: { type: 'string' },
    subject: { type: 'string' },
    registry: { type: 'string' },
    cluster: { type: 'boolean' },
    timelines: { type: 'boolean' },
  },
})
const short = values.short ? SHORT : undefined
const all = values.cluster ? CLUSTER_FAULTS : FAULTS
const names = chosen(
  values.only,
  all.map(({ name }) => name),
  short?.faults,
)
const subjects = chosen(values.subject, Object.keys(SUBJECTS), short?.subjects)
const registries = values.cluster
  ? ['cluster']
  : chosen(values.registry, ['chatie', 'own'], short?.registries)
const isWhole = [values.only, values.subject, values.registry, values.cluster, short].every(
  (part) => part === undefined,
)
if (values.save && !isWhole) throw new Error('--save saves the whole plan, not a part')
if (!['as-written', 'shuffled'].includes(values.order)) throw new Error('--order is as-written or shuffled')
if (!existsSync(new URL('../dist/main.js', import.meta.url))) throw new Error('run `npm run build` first')
if (subjects.includes('upstream')) installUpstream()

const faults = all.filter(({ name }) => names.includes(name))
const plan = planOf({ faults, seed: values.seed, order: values.order })
const load = loadavg()[0]
const loop = monitorEventLoopDelay({ resolution: 10 })
loop.enable()
console.error(`${faults.length} faults in ${Math.round(plan.lengthMs / 1000)} s`)

const combinations = registries.flatMap((registryKind) =>
  subjects.map((subject) => ({ registryKind, subject })),
)
const runs = await Promise.all(
  combinations.map(async (combination, index) => {
    await sleep(index * STAGGER_MS)
    return runSubject({ ...combination, plan, more: short?.environment, log: console.error })
  }),
)
const measured = runs.map((run) => ({ ...run, faults: lieTime({ ...run, everyMs: POLL_INTERVAL_MS }) }))

if (values.timelines) {
  const file = join(mkdtempSync(join(tmpdir(), 'bench-truth-')), 'timelines.json')
  writeFileSync(file, JSON.stringify(measured))
  console.error(file)
}
const about = `Node.js ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores; everything on loopback. \
Order ${values.order}, seed ${values.seed}, ${faults.length} faults in ${Math.round(plan.lengthMs / 1000)} s.`
const busy = `Load average before: ${load.toFixed(1)}. Event loop delay of the bench: ${(loop.percentile(99) / 1e6).toFixed(0)} ms (p99).`
const text = reportOf({
  measured,
  faults: plan.planned.map(({ fault }) => fault),
  about: `${about} ${busy}`,
})
console.log(text)
if (values.save) {
  writeSection(new URL('../docs/performance.md', import.meta.url), 'truth', text)
  writeFileSync(new URL('truth.svg', import.meta.url), drawTruth({ measured, plan, about }))
}
if (short === undefined) process.exit(0)
const falseAlarms = runs.flatMap(alarmsOf).filter(({ judged }) => judged === 'false')
for (const { code } of falseAlarms) console.error(`a false alarm: ${code}`)
process.exit(meanBeyondS(measured, registries[0]) > short.limitS || falseAlarms.length > 0 ? 1 : 0)

/** The names in `list`, or those of `otherwise`, or all. Throws for an unknown name. */
function chosen(list, all, otherwise = all) {
  const names = list?.split(',') ?? otherwise
  const unknown = names.find((name) => !all.includes(name))
  if (unknown !== undefined) throw new Error(`there is no '${unknown}' among ${all.join(', ')}`)
  return names
}
