import { counted, kib, median, mib, spread } from '../../numbers.mjs'
import { withProcesses } from '../../process.mjs'
import { sleep } from '../../time.mjs'
import { memoryOf } from '../../usage.mjs'
import { Crowd } from './crowd.mjs'

const ROUNDS = 3
/** Upstream's cost of a registration grows with how many there are: more of them would be unkind. */
const UPSTREAM_MOST = 3000
const START_MS = 2000
const SETTLE_MS = 5000
/** The promises are about so many: with other numbers nothing is wanted. */
const WANTED_AT = 10_000
const WANTED_MS = 6000
const WANTED_BYTES = 14 * 1024

/** Everybody comes at once, to a registry that has just started: how long that takes, and what it takes in memory. */
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
    const crowd = keep(await Crowd.start(kind))
    const { pid } = crowd.registry
    await sleep(START_MS)
    const before = memoryOf(pid).resident
    const tookMs = await crowd.register(count)
    await sleep(SETTLE_MS)
    const after = memoryOf(pid).resident
    return { tookMs, after, bytesEach: (after - before) / count }
  })
}

function timeRow(counts, rounds) {
  const times = (kind) => rounds.map((round) => round[kind].tookMs)
  const told = (kind) => {
    const rate = (counts[kind] * 1000) / median(times(kind))
    return `${spread(times(kind))}, ${counted(Math.round(rate))}/s`
  }
  const tookMs = median(times('ours'))
  return {
    measure: `${counted(counts.ours)} register at once, to the last \`registered\`: median of ${rounds.length} (range)`,
    value: told('ours'),
    beside: `bare \`ws\`: ${told('bare')}; upstream, ${counted(counts.upstream)}: ${told('upstream')}`,
    ratio: tookMs / median(times('bare')),
    ...(counts.ours === WANTED_AT && { wanted: `at most ${WANTED_MS / 1000} s`, held: tookMs <= WANTED_MS }),
  }
}

function memoryRow(counts, rounds) {
  const each = (kind) => rounds.map((round) => round[kind].bytesEach)
  const told = (kind) => {
    const range = `${kib(Math.min(...each(kind)))} to ${kib(Math.max(...each(kind)))}`
    return `${kib(median(each(kind)))} (${range}; ${mib(median(rounds.map((round) => round[kind].after)))} in all)`
  }
  const bytes = median(each('ours'))
  return {
    measure: `${counted(counts.ours)}: memory per registrant, (VmRSS − VmRSS without any) ÷ ${counted(counts.ours)}`,
    value: told('ours'),
    beside: `bare \`ws\`: ${told('bare')}; upstream, ${counted(counts.upstream)}: ${told('upstream')}`,
    ratio: bytes / median(each('bare')),
    ...(counts.ours === WANTED_AT && {
      wanted: `at most ${kib(WANTED_BYTES)}`,
      held: bytes <= WANTED_BYTES,
    }),
  }
}
