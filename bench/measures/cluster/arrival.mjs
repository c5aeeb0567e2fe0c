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
 * All register at once: at three nodes, at three registries that know nothing of each other, at one of three nodes, and at a registry on its own:
 * how long it takes, and how much memory. `restMs`: from then until memory is read.
 *
 * Three processes that have just started take much longer than one, whatever they are: each has to compile and optimise the same code, and has a
 * third of the registrants to earn it with. So what it costs to be a cluster is only seen beside three registries that are none.
 */
export async function measureArrival({ count, rounds, restMs, turn }) {
  const found = []
  while (found.length < rounds) {
    found.push(await arrivals({ count, restMs, turn, isReversed: found.length % 2 === 1 }))
    console.error(`arrival: round ${found.length} of ${rounds}`)
  }
  return [timeRow(count, found), apartRow(count, found), memoryRow(count, found)]
}

function arrivals({ count, restMs, turn, isReversed }) {
  return withProcesses(async (keep) => {
    const [three, one] = [keep(await Cluster.start()), keep(await Cluster.start())]
    const [apart, alone] = [await startApart(), await startRegistryOf('ours')]
    const registries = { three, apart, one: one.nodes[0], alone }
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

/** Three registries that are no cluster, as one that has three ports. */
async function startApart() {
  const all = await Promise.all([1, 2, 3].map(() => startRegistryOf('ours')))
  return {
    ports: all.map(({ port }) => port),
    pids: all.map(({ pid }) => pid),
    whileRunning: (...waited) => Promise.race(all.map((one) => one.whileRunning(...waited))),
    end: () => Promise.all(all.map((one) => one.end())),
  }
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

function apartRow(count, found) {
  const times = (kind) => found.map((round) => round[kind].tookMs)
  const ratio = median(found.map(({ three, apart }) => three.tookMs / apart.tookMs))
  return {
    measure: `the same ${formatCount(count)}: what it costs to be a cluster`,
    value: spread(times('three')),
    beside: `at three registries that are no cluster: ${spread(times('apart'))}`,
    ratio,
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
