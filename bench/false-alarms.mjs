// Whether a sidecar that verifies its registration once a second raises alarms while fault follows fault, though discovery answers with its
// puppet: the faults of bench:truth for ten minutes, at two registries.
// Usage: node bench/false-alarms.mjs [--minutes N] [--seed N] [--registry NAME,…] [--interval DURATION]
// Exit code 1 if an alarm was false.
import { existsSync } from 'node:fs'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { sleep } from './time.mjs'
import { alarmsOf } from './truth/alarms.mjs'
import { FAULTS } from './truth/faults.mjs'
import { planOf } from './truth/plan.mjs'
import { SIDECAR_INTERVAL_MS } from './truth/pollers.mjs'
import { REGISTRIES } from './truth/registries.mjs'
import { runSubject, STAGGER_MS } from './truth/run-subject.mjs'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    registry: { type: 'string', default: 'chatie,own' },
    interval: { type: 'string', default: '1s' },
  },
})
if (!existsSync(new URL('../dist/main.js', import.meta.url))) throw new Error('run `npm run build` first')

const plan = planFor(Number(values.minutes) * 60_000, values.seed)
console.error(`${plan.planned.length} faults in ${Math.round(plan.lengthMs / 1000)} s`)
const load = loadavg()[0]
const more = { REGISTRAR_VERIFY_INTERVAL: values.interval }
const runs = await Promise.all(
  values.registry.split(',').map(async (registryKind, index) => {
    await sleep(index * STAGGER_MS)
    return runSubject({ registryKind, subject: 'product', more, plan, log: console.error })
  }),
)

let anyFalse = false
for (const { registry, beganMs, windows, ...samples } of runs) {
  const alarms = alarmsOf(samples)
  const count = (wanted) => alarms.filter(({ judged }) => judged === wanted).length
  console.log(`${REGISTRIES[registry]}: verdicts ${verdictsOf(samples.holds)}; ${alarms.length} alarms: \
${count('true')} true, ${count('changing')} while discovery changed, ${count('false')} false`)
  for (const { code, atMs, judged } of alarms) {
    const during = windows.findLast(({ beginMs }) => beginMs <= atMs)?.name ?? 'the start'
    console.log(`  ${((atMs - beganMs) / 1000).toFixed(1)} s, ${during}: ${code} (${judged})`)
  }
  anyFalse ||= count('false') > 0
}
console.log(`Interval ${values.interval}, seed ${values.seed}. Load average before: ${load.toFixed(1)}.`)
process.exit(anyFalse ? 1 : 0)

/** All faults in random order, again and again, until so long has passed. */
function planFor(ms, seed) {
  const rounds = Array.from({ length: Math.ceil(ms / 60_000) }, () => FAULTS)
  const { planned } = planOf({ faults: rounds.flat(), seed, order: 'shuffled' })
  const lengthMs = planned.find(({ atMs }) => atMs >= ms).atMs
  return { planned: planned.filter(({ atMs }) => atMs < ms), lengthMs }
}

/** For how many seconds each verdict stood, in words; `none`: it had not asked on its connection, `away`: it did not answer. */
function verdictsOf(holds) {
  const counts = new Map()
  for (const { discovery } of holds) {
    const verdict = discovery === undefined ? 'away' : (discovery?.verdict ?? 'none')
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1)
  }
  const inSeconds = (count) => ((count * SIDECAR_INTERVAL_MS) / 1000).toFixed(0)
  return [...counts].map(([verdict, count]) => `${verdict} ${inSeconds(count)} s`).join(', ')
}
