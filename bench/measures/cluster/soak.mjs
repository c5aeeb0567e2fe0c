import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../free-port.mjs'
import { heapAfterGc, inspectable } from '../../heap.mjs'
import { mib } from '../../numbers.mjs'
import { Process, withProcesses } from '../../process.mjs'
import { memoryOf } from '../../process-usage.mjs'
import { eventually, now, sleep } from '../../time.mjs'
import { randomOf } from '../../truth/random.mjs'
import { Cluster } from './cluster.mjs'
import { Faults } from './faults.mjs'
import { settledCount } from './recount.mjs'

const CHURN = fileURLToPath(new URL('../../cluster-churn.mjs', import.meta.url))
const DISCOVERIES_PER_SECOND = 200
const SAMPLE_MS = 2000
const ANSWER_MS = 30_000
const END_MS = 60_000
/** The share of the time in which no node is killed: early enough that there is one in the short form. */
const KILLING_FROM = 0.55
/** A node that was cut off, or has just come, asks all others for 10 s. */
const SETTLED_MS = 12_000

/**
 * Runs three nodes and three NATS servers for `minutes` with `count` registrants that come and go, while servers and two of the nodes are
 * killed or ended, and started again. The first node stays: it is what may grow.
 *
 * @returns the samples of each third and the heap at its end; the faults; what was seen; counts and recounts when nobody came or left any
 *   more, and when all had left
 */
export function soak({ minutes, count, seed }) {
  return withProcesses(async (keep) => {
    const inspectorPort = await freePort()
    const moreOf = (index) => (index === 0 ? inspectable(inspectorPort) : {})
    const cluster = keep(await Cluster.start({ servers: 3, knowAll: true, moreOf }))
    const [watched] = cluster.nodes
    const heap = await heapAfterGc(inspectorPort)
    const before = { ...sample(watched), heap }
    const nodes = cluster.nodes.map(({ port, adminPort }) => ({ port, adminPort }))
    const args = [CHURN, JSON.stringify(nodes), count, DISCOVERIES_PER_SECOND, seed].map(String)
    const churn = keep(new Process(args, { ipc: true }))
    await churn.firstMessage('the registrants start')
    const beganMs = now()
    const faults = new Faults(cluster, churn, randomOf(seed))
    const thirds = []
    const lastsMs = minutes * 60_000
    const faulting = faults.run(beganMs + KILLING_FROM * lastsMs, beganMs + lastsMs - SETTLED_MS)
    for (const third of [1, 2, 3]) {
      const samples = []
      while (now() < beganMs + (third * lastsMs) / 3) {
        await watched.whileRunning(2 * SAMPLE_MS, 'the first node goes on', sleep(SAMPLE_MS))
        samples.push(sample(watched))
      }
      thirds.push({ samples, heap: await heapAfterGc(inspectorPort) })
      console.error(`${third} of 3: ${mib(samples.at(-1).resident)}, ${JSON.stringify(faults.counts)}`)
    }
    await faulting
    await churn.request(ANSWER_MS, 'nobody comes or leaves', { type: 'hold' })
    const counts = () => churn.request(ANSWER_MS, 'a count', { type: 'counts' })
    const held = await settledCount(cluster, counts)
    const { superseded } = await counts()
    const seen = await churn.request(END_MS, 'all leave', { type: 'end' })
    for (const story of seen.stories) console.error(story)
    const ended = await settledCount(cluster, async () => ({ links: 0, tokens: 0 }))
    const isOver = async () => (sample(watched).files <= before.files ? sample(watched) : undefined)
    const after = await eventually(120_000, 'all files are closed', 500, isOver).catch(() => sample(watched))
    after.heap = await heapAfterGc(inspectorPort)
    return { thirds, before, after, faults: faults.counts, seen, held, superseded, ended }
  })
}

function sample({ pid }) {
  return { resident: memoryOf(pid).resident, files: readdirSync(`/proc/${pid}/fd`).length }
}
