// Many sidecars lose one registry, in fake time: the real registrations against a modelled registry. Writes bench/HERDS.md
// and bench/herds.svg. Every run gives the same: the random numbers have a seed.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { drawHerds } from './plot/herds.mjs'

const SEED = 1
const HERDS = [
  { sidecars: 5000, tokens: 1, fewer: 2000 },
  { sidecars: 100, tokens: 1000, fewer: 10 },
]
/** Outages of five minutes or more are simulated with fewer sidecars: all of them would take minutes and show nothing else. */
const LONG_MS = 5 * 60_000
const BUCKET_MS = 100
const BEFORE_MS = 1000
/** The picture shows these scenarios; the table has all. */
const PICTURED = /^(away for (0\.6 s|2 s|20 s|10 min)|packets|reset|accepts)/
const HEAD = [
  'sidecars × tokens',
  'what happens',
  'attempts a second while it lasts, mean',
  'peak',
  'fullest 100 ms of it',
  'attempts a second after it, peak',
  'fullest 100 ms of it',
  'back after, p50',
  'p99',
  'last',
  'attempts each while it lasts, p50',
  'most',
  'one process, worst second',
]

const { SCENARIOS, simulate } = await bundled('../test/simulation/scenarios.ts')
const rows = []
const pictures = []
for (const { sidecars, tokens, fewer } of HERDS) {
  for (const scenario of SCENARIOS) {
    const isLong = scenario.forMs >= LONG_MS && scenario.mood.type !== 'serves'
    const herd = { sidecars: isLong ? fewer : sidecars, tokens }
    const outcome = await simulate(scenario, { ...herd, seed: SEED })
    rows.push(row(herd, scenario, outcome))
    if (PICTURED.test(scenario.name)) pictures.push(picture(herd, scenario, outcome))
    console.log(`${inWords(herd)}: ${scenario.name}`)
  }
}
const table = [HEAD, HEAD.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('')
const about =
  'Fake time; the real registrations, each process with its own random numbers, against a modelled registry.'
await writeFile(
  new URL('HERDS.md', import.meta.url),
  `# Herds

![Attempts to register, over time](herds.svg)

What many sidecars do to one registry that they lose: \`npm run bench:herds\`. Fake time; the real registrations of \`src/sidecar/registration\`,
each process with random numbers of its own, against a modelled registry (\`test/simulation\`). "While it lasts" begins one second after all have
noticed. The fullest 100 ms is given as a share of the registrations, but of the sidecars while the registry cannot be reached: one token
tries for all then, and with few sidecars the share is coarse. "Back" is counted from the end, or,
where some are let in all along, from the beginning. A process starts at most 100 attempts a second: a thousand tokens take 10 s.

${table}`,
)
await writeFile(new URL('herds.svg', import.meta.url), drawHerds(pictures, about))

/** Loads a TypeScript module of the tests. */
async function bundled(path) {
  const folder = await mkdtemp(join(tmpdir(), 'herds-'))
  const outfile = join(folder, 'bundle.mjs')
  try {
    await build({
      entryPoints: [fileURLToPath(new URL(path, import.meta.url))],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'warning',
    })
    return await import(pathToFileURL(outfile).href)
  } finally {
    await rm(folder, { recursive: true })
  }
}

function inWords({ sidecars, tokens }) {
  return `${sidecars.toLocaleString('en')} × ${tokens.toLocaleString('en')}`
}

function row(size, { name, mood }, { herd, during, after, back, attempts, worstSecond }) {
  // While the registry cannot be reached, one token of each sidecar tries for all.
  const trying = mood.type === 'away' || mood.type === 'vanishes' ? herd.sidecars : herd.size
  return [
    inWords(size),
    name,
    ...(during === undefined ? ['', '', ''] : traffic(during, trying, true)),
    ...traffic(after, herd.size, false),
    seconds(back.p50),
    seconds(back.p99),
    seconds(back.max),
    attempts.p50,
    attempts.max,
    worstSecond,
  ]
}

function traffic({ meanPerSecond, peakPerSecond, peakPer100Ms }, whole, withMean) {
  const figures = [
    formatCount(peakPerSecond),
    `${formatCount(peakPer100Ms)} (${share(peakPer100Ms / whole)})`,
  ]
  return withMean ? [formatCount(Math.round(meanPerSecond)), ...figures] : figures
}

function picture(size, { name }, { herd, beganMs, overMs, back, backFromMs }) {
  const fromMs = beganMs - BEFORE_MS
  const endMs = Math.min(herd.nowMs, Math.max(overMs, backFromMs + back.max) + 2000)
  const perBucket = []
  for (let atMs = fromMs; atMs < endMs; atMs += BUCKET_MS)
    perBucket.push(herd.attempts.between(atMs, atMs + BUCKET_MS))
  return {
    title: name,
    herd: inWords(size),
    perBucket,
    bucketMs: BUCKET_MS,
    beganMs: BEFORE_MS,
    overMs: overMs - fromMs,
    total: herd.size,
  }
}

function formatCount(value) {
  return value.toLocaleString('en')
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(2)} s`
}

function share(part) {
  return `${(part * 100).toFixed(1)} %`
}
