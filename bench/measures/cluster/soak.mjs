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

const CHURN = fileURLToPath(new URL('../../cluster-churn.mjs', import.meta.url))
const DISCOVERIES_PER_SECOND = 200
const SAMPLE_MS = 2000
const ANSWER_MS = 30_000
const END_MS = 60_000
/** Between the end of one fault and the next. */
const PAUSE_MS = { least: 3000, most: 8000 }
const AWAY_MS = { least: 200, most: 2500 }
/** A node that was cut off, or has just come, asks all others for 10 s. */
const SETTLED_MS = 12_000
/** Each node listens for heartbeats, for what is meant for it, and for answers. */
const OWN_SUBSCRIPTIONS = 3

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
    const args = [CHURN, cluster.ports.join(), count, DISCOVERIES_PER_SECOND, seed].map(String)
    const churn = keep(new Process(args, { ipc: true }))
    await churn.firstMessage('the registrants start')
    const faults = new Faults(cluster, churn, randomOf(seed))
    const beganMs = now()
    const thirds = []
    const faulting = faults.until(beganMs + minutes * 60_000 - SETTLED_MS)
    for (const third of [1, 2, 3]) {
      const samples = []
      while (now() < beganMs + (third * minutes * 60_000) / 3) {
        await watched.whileRunning(2 * SAMPLE_MS, 'the first node goes on', sleep(SAMPLE_MS))
        samples.push(sample(watched))
      }
      thirds.push({ samples, heap: await heapAfterGc(inspectorPort) })
      console.error(`${third} of 3: ${mib(samples.at(-1).resident)}, ${JSON.stringify(faults.counts)}`)
    }
    await faulting
    await churn.request(ANSWER_MS, 'nobody comes or leaves', { type: 'hold' })
    const held = await settledCount(cluster, () => churn.request(ANSWER_MS, 'a count', { type: 'counts' }))
    const seen = await churn.request(END_MS, 'all leave', { type: 'end' })
    for (const example of seen.examples) console.error(example)
    const ended = await settledCount(cluster, async () => ({ links: 0, tokens: 0 }))
    const isOver = async () => (sample(watched).files <= before.files ? sample(watched) : undefined)
    const after = await eventually(120_000, 'all files are closed', 500, isOver).catch(() => sample(watched))
    after.heap = await heapAfterGc(inspectorPort)
    return { thirds, before, after, faults: faults.counts, seen, held, ended }
  })
}

/** Restarts nodes and servers, one after another. */
class Faults {
  counts = { 'node killed': 0, 'node ended': 0, 'NATS server killed': 0, 'NATS server ended': 0 }
  #cluster
  #churn
  #random

  constructor(cluster, churn, random) {
    this.#cluster = cluster
    this.#churn = churn
    this.#random = random
  }

  async until(endMs) {
    await this.#pause(PAUSE_MS)
    while (now() < endMs) {
      await this.#next()
      await this.#pause(PAUSE_MS)
    }
  }

  async #next() {
    const isNode = this.#random() < 0.5
    const [how, signal] = this.#random() < 0.5 ? ['killed', 'SIGKILL'] : ['ended', 'SIGTERM']
    const [, ...nodes] = this.#cluster.nodes
    const all = isNode ? nodes : this.#cluster.servers
    const one = all[Math.floor(this.#random() * all.length)]
    this.counts[`${isNode ? 'node' : 'NATS server'} ${how}`] += 1
    if (!isNode) await this.#tell(true)
    await one.endBy(signal)
    await this.#pause(AWAY_MS)
    await one.start()
    if (!isNode) await this.#tell(false)
  }

  #tell(since) {
    return this.#churn.request(ANSWER_MS, 'the registrants know', { type: 'faulty', since })
  }

  #pause({ least, most }) {
    return sleep(least + this.#random() * (most - least))
  }
}

function sample({ pid }) {
  return { resident: memoryOf(pid).resident, files: readdirSync(`/proc/${pid}/fd`).length }
}

/** What nodes and servers count, once it is what there is; or after a while, if it is not. `count`: what there is. */
async function settledCount(cluster, count) {
  let last
  const look = async () => {
    last = await countedOnce(cluster, await count())
    return last.isRight ? last : undefined
  }
  return eventually(ANSWER_MS, 'all counts are right', 500, look).catch(() => last)
}

async function countedOnce({ nodes, servers }, { links, tokens }) {
  const statuses = await Promise.all(nodes.map((node) => node.status()))
  const total = (of) => statuses.reduce((sum, status) => sum + of(status), 0)
  const connections = await Promise.all(servers.map((server) => server.monitor('/connz?subs=1')))
  const counted = {
    links: total(({ registrants }) => registrants.total),
    claims: total(({ cluster }) => cluster.claims),
    holdings: total(({ cluster }) => cluster.claims + cluster.fallbacks),
    nodesTokens: total(({ registrants }) => registrants.tokens),
    subscriptions: connections
      .flatMap((answer) => answer.connections)
      .reduce((sum, { subscriptions }) => sum + subscriptions, 0),
  }
  const isRight =
    counted.links === links &&
    counted.claims === tokens &&
    counted.holdings === counted.nodesTokens &&
    counted.subscriptions === counted.holdings + OWN_SUBSCRIPTIONS * nodes.length
  return { ...counted, wanted: { links, tokens }, isRight }
}
