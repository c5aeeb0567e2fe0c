import { formatCount, kib, median, mib, spread } from '../../numbers.mjs'
import { withProcesses } from '../../process.mjs'
import { memoryOf } from '../../process-usage.mjs'
import { sleep } from '../../time.mjs'
import { RegistryWithRegistrants } from './registry-with-registrants.mjs'

const ROUNDS = 3
/** Upstream's cost of a registration grows with their number: more of them would take minutes. */
const UPSTREAM_MOST = 3000
const START_MS = 2000
const SETTLE_MS = 5000
/** The promises are about this number: the other numbers have no wanted values. */
const WANTED_AT = 10_000
const WANTED_MS = 6000
const WANTED_BYTES = 14 * 1024

/** All register at once, at a registry that has just started: how long that takes, and how much memory. */
export async function measureArrival(sizes) {
  const most = sizes.at(-1)
  const counts = { ours: most, bare: most, upstream: Math.min(most, UPSTREAM_MOST) }
  const rounds = []
  while (rounds.length < ROUNDS) {
    const kinds = Object.keys(counts)
    if (rounds.length % 2 === 1) kinds.reverse()
    const round = {}
    for (const kind of kinds) round[kind] = await arrival(kind, counts[kind])
    rounds.push(round)
    console.error(`arrival: round ${rounds.length} of ${ROUNDS}`)
  }
  return [timeRow(counts, rounds), memoryRow(counts, rounds)]
}

function arrival(kind, count) {
  return withProcesses(async (keep) => {
    const registered = keep(await RegistryWithRegistrants.start(kind))
    const { pid } = registered.registry
    await sleep(START_MS)
    const before = memoryOf(pid).resident
    const tookMs = await registered.register(count)
    await sleep(SETTLE_MS)
    const after = memoryOf(pid).resident
    return { tookMs, after, bytesEach: (after - before) / count }
  })
}

function timeRow(counts, rounds) {
  const times = (kind) => rounds.map((round) => round[kind].tookMs)
  const text = (kind) => {
    const rate = (counts[kind] * 1000) / median(times(kind))
    return `${spread(times(kind))}, ${formatCount(Math.round(rate))}/s`
  }
  const tookMs = median(times('ours'))
  return {
    measure: `${formatCount(counts.ours)} register at once, to the last \`registered\`: median of ${rounds.length} (range)`,
    value: text('ours'),
    beside: `bare \`ws\`: ${text('bare')}; upstream, ${formatCount(counts.upstream)}: ${text('upstream')}`,
    ratio: tookMs / median(times('bare')),
    ...(counts.ours === WANTED_AT && { wanted: `at most ${WANTED_MS / 1000} s`, held: tookMs <= WANTED_MS }),
  }
}

function memoryRow(counts, rounds) {
  const each = (kind) => rounds.map((round) => round[kind].bytesEach)
  const text = (kind) => {
    const range = `${kib(Math.min(...each(kind)))} to ${kib(Math.max(...each(kind)))}`
    return `${kib(median(each(kind)))} (${range}; ${mib(median(rounds.map((round) => round[kind].after)))} in all)`
  }
  const bytes = median(each('ours'))
  return {
    measure: `${formatCount(counts.ours)}: memory per registrant, (VmRSS − VmRSS without any) ÷ ${formatCount(counts.ours)}`,
    value: text('ours'),
    beside: `bare \`ws\`: ${text('bare')}; upstream, ${formatCount(counts.upstream)}: ${text('upstream')}`,
    ratio: bytes / median(each('bare')),
    ...(counts.ours === WANTED_AT && {
      wanted: `at most ${kib(WANTED_BYTES)}`,
      held: bytes <= WANTED_BYTES,
    }),
  }
}
