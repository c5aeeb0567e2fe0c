import { formatCount, kib, median, spread } from '../../numbers.mjs'
import { withProcesses } from '../../process.mjs'
import { memoryOf } from '../../process-usage.mjs'
import { sleep } from '../../time.mjs'
import { RegistryWithRegistrants } from '../registry/registry-with-registrants.mjs'
import { startRegistryOf } from '../registry/servers.mjs'
import { Cluster } from './cluster.mjs'

const WANTED_TIMES = 1.5
const WANTED_BYTES = 4096

/**
 * All register at once: at three nodes, at one of three, and at a registry on its own: how long it takes, and how much memory. `restMs`:
 * from then until memory is read.
 */
export async function measureArrival({ count, rounds, restMs, turn }) {
  const found = []
  while (found.length < rounds) {
    found.push(await arrivals({ count, restMs, turn, isReversed: found.length % 2 === 1 }))
    console.error(`arrival: round ${found.length} of ${rounds}`)
  }
  return [timeRow(count, found), memoryRow(count, found)]
}

function arrivals({ count, restMs, turn, isReversed }) {
  return withProcesses(async (keep) => {
    const [three, one] = [keep(await Cluster.start()), keep(await Cluster.start())]
    const registries = { three, one: one.nodes[0], alone: await startRegistryOf('ours') }
    const kinds = Object.keys(registries)
    const all = {}
    for (const kind of kinds) all[kind] = keep(await RegistryWithRegistrants.at(kind, registries[kind]))
    await three.settled()
    return turn(async () => {
      const result = {}
      for (const kind of isReversed ? kinds.reverse() : kinds)
        result[kind] = await arrival(all[kind], count, restMs)
      return result
    })
  })
}

async function arrival(registered, count, restMs) {
  const { pids, pid } = registered.registry
  const resident = () => (pids === undefined ? memoryOf(pid).resident : 0)
  const before = resident()
  const tookMs = await registered.register(count)
  await sleep(restMs)
  return { tookMs, bytesEach: (resident() - before) / count }
}

function timeRow(count, found) {
  const times = (kind) => found.map((round) => round[kind].tookMs)
  const ratio = median(found.map(({ three, alone }) => three.tookMs / alone.tookMs))
  return {
    measure: `${formatCount(count)} register at once at three nodes, to the last \`registered\`: median of ${found.length} (range)`,
    value: spread(times('three')),
    beside: `at a registry on its own: ${spread(times('alone'))}; at one of three: ${spread(times('one'))}`,
    ratio,
    wanted: `at most ${WANTED_TIMES} ×`,
    held: ratio <= WANTED_TIMES,
    bounds: [{ what: 'arrival at three nodes', value: ratio, most: 2 * WANTED_TIMES }],
  }
}

function memoryRow(count, found) {
  const each = (kind) => found.map((round) => round[kind].bytesEach)
  const text = (kind) =>
    `${kib(median(each(kind)))} (${kib(Math.min(...each(kind)))} to ${kib(Math.max(...each(kind)))})`
  const more = median(found.map(({ one, alone }) => one.bytesEach - alone.bytesEach))
  return {
    measure: `${formatCount(count)} at one of three nodes: memory per registrant, (VmRSS − VmRSS without any) ÷ ${formatCount(count)}`,
    value: `${text('one')}; ${kib(more)} more`,
    beside: `at a registry on its own: ${text('alone')}`,
    wanted: `at most ${kib(WANTED_BYTES)} more`,
    held: more <= WANTED_BYTES,
    bounds: [{ what: 'memory a registrant', value: more, most: 3 * WANTED_BYTES }],
  }
}
