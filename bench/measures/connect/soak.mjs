import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../free-port.mjs'
import { heapAfterGc, inspectable } from '../../heap.mjs'
import { metricsOf, sumOf } from '../../metrics.mjs'
import { mib } from '../../numbers.mjs'
import { Process, withProcesses } from '../../process.mjs'
import { cpuOf, memoryOf } from '../../process-usage.mjs'
import { eventually, now, sleep } from '../../time.mjs'
import { startConnect, startPart, startPlainRegistry } from './peers.mjs'

const BOTS = fileURLToPath(new URL('../../churn-bots.mjs', import.meta.url))
const HOSTS = ['127.0.0.1', '127.0.0.2', '127.0.0.3']
const SAMPLE_MS = 2000
const ANSWER_MS = 20_000
/** A connection lives for 20 s, and may be late for 30 s. */
const END_MS = 60_000
/** Between two things that happen to the puppet: it moves twice, then it is killed, and so on. */
const EVENT_MS = 10_000
const LEAVES_AFTER_MS = 1500
/** A puppet that was killed is away for so long. */
const AWAY_MS = 1500

/**
 * Runs one `connect` for `minutes` with `count` connections that come and go, while their puppet moves and is killed.
 *
 * @returns the samples of each third and the heap at its end; usage before and after; what bots and puppets saw, and how often what happened
 */
export function soak({ minutes, count }) {
  return withProcesses(async (keep) => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-soak-'))
    keep({ end: () => rmSync(folder, { recursive: true }) })
    const warnings = join(folder, 'warnings')
    const inspectorPort = await freePort()
    const NODE_OPTIONS = `${inspectable(inspectorPort).NODE_OPTIONS} --redirect-warnings=${warnings}`
    const registry = keep(await startPlainRegistry())
    const connect = keep(await startConnect(registry.port, { CONNECT_UPSTREAM_TLS: 'off', NODE_OPTIONS }))
    const puppets = new Puppets(registry, keep)
    await puppets.move()
    const takeSample = () => sample(connect)
    // First, because the inspector opens files that must be in the count before the load.
    const heap = await heapAfterGc(inspectorPort)
    const before = { ...(await takeSample()), heap }
    const bots = keep(new Process([BOTS, connect.port, count].map(String), { ipc: true }))
    await bots.firstMessage('the bots start')
    const thirds = []
    const beganMs = now()
    let nextMs = beganMs + EVENT_MS
    for (const third of [1, 2, 3]) {
      const samples = []
      while (now() < beganMs + (third * minutes * 60_000) / 3) {
        await connect.whileRunning(SAMPLE_MS * 2, 'connect goes on', sleep(SAMPLE_MS))
        samples.push(await takeSample())
        if (now() < nextMs) continue
        await puppets.next(bots)
        nextMs += EVENT_MS
      }
      thirds.push({ samples, heap: await heapAfterGc(inspectorPort) })
      console.error(
        `${third} of 3: ${samples.at(-1).connections} connections, ${mib(samples.at(-1).resident)}`,
      )
    }
    await bots.request(ANSWER_MS, 'the bots end', { type: 'end' })
    const seen = await eventually(END_MS, 'all bots have ended', 500, async () => {
      const counts = await bots.request(ANSWER_MS, 'the bots report', { type: 'counts' })
      return counts.open === 0 ? counts : undefined
    })
    const isOver = async () => {
      const last = await takeSample()
      return last.connections === 0 && last.files <= before.files ? last : undefined
    }
    const after = await eventually(ANSWER_MS, 'all files are closed', 500, isOver).catch(takeSample)
    after.heap = await heapAfterGc(inspectorPort)
    const warned = existsSync(warnings) ? readFileSync(warnings, 'utf8') : ''
    return { thirds, before, after, bots: seen, puppets: await puppets.counts(), warned }
  })
}

/** The puppets, one after another, of which the registry knows the last. */
class Puppets {
  moved = -1
  killed = 0
  #registry
  #keep
  #all = []
  #ended = []
  #turn = 0

  constructor(registry, keep) {
    this.#registry = registry
    this.#keep = keep
  }

  next(bots) {
    this.#turn += 1
    return this.#turn % 3 === 0 ? this.#kill(bots) : this.move()
  }

  /** To another host and port; the old one ends what it has begun. */
  async move() {
    this.moved += 1
    const host = HOSTS[this.moved % HOSTS.length]
    const puppet = this.#keep(await startPart('churn-puppet.mjs', host))
    const old = this.#all.at(-1)
    this.#all.push(puppet)
    this.#registry.place = { host, port: puppet.port }
    if (old === undefined) return
    // Who closes a port resets what nobody has accepted yet: bots come to the old place until the answer that leads there is a second old.
    await sleep(LEAVES_AFTER_MS)
    await old.request(ANSWER_MS, 'the old puppet listens no more', { type: 'leave' })
  }

  /** It is away for a while, and what was under way at it breaks. */
  async #kill(bots) {
    this.killed += 1
    await bots.request(ANSWER_MS, 'the bots know', { type: 'mayBreak', since: true })
    const puppets = this.#all.splice(0)
    for (const puppet of puppets) {
      this.#ended.push(await puppet.request(ANSWER_MS, 'the puppet reports', { type: 'counts' }))
      await puppet.end()
    }
    this.#registry.place = undefined
    await sleep(AWAY_MS)
    await this.move()
    await bots.request(ANSWER_MS, 'the bots know', { type: 'mayBreak', since: false })
  }

  async counts() {
    const living = this.#all.map((one) => one.request(ANSWER_MS, 'the puppet reports', { type: 'counts' }))
    const all = [...this.#ended, ...(await Promise.all(living))]
    const sum = (name) => all.reduce((total, one) => total + one[name], 0)
    return {
      moved: this.moved,
      killed: this.killed,
      complete: sum('complete'),
      bytes: sum('bytes'),
      wrongBytes: sum('wrongBytes'),
      wrongEnds: sum('wrongEnds'),
      example: all.find(({ example }) => example !== '')?.example ?? '',
    }
  }
}

async function sample({ pid, adminPort }) {
  const metrics = await metricsOf(adminPort)
  return {
    resident: memoryOf(pid).resident,
    cpuSeconds: cpuOf(pid),
    files: readdirSync(`/proc/${pid}/fd`).length,
    connections: sumOf(metrics, 'puppet_connect_connections'),
  }
}
