import { fileURLToPath } from 'node:url'
import { ms, percent, quantile, rates } from '../../numbers.mjs'
import { Process } from '../../process.mjs'

const LOAD = fileURLToPath(new URL('../../discovery-load.mjs', import.meta.url))
const LIMIT_MS = 30_000
const SHORTEST_SECONDS = 0.2

/** The process that sends the discoveries. */
export async function startDiscoveryLoad() {
  const process = new Process([LOAD], { ipc: true })
  await process.firstMessage('the load starts')
  return process
}

/** Results of short runs (slices) of discoveries of one kind: rates, latencies and processor time. */
export class Slices {
  #rates = []
  #tookMs = []
  #seconds = 0
  /** Seconds of processor time: of each process of the server, and of the load. */
  #cpus = []
  #loadCpu = 0
  #portQueries = 0

  /**
   * Runs one more slice of discoveries at `server`.
   * @param server a process and its `port`; or with `pids` and `ports`, where several processes are measured together
   * @param {{ tokens: string[], order: 'once' | 'random', ms: number, right: string }} request see discovery-load.mjs
   * @param {() => Promise<number>} [answered] how many port queries the registrants have answered so far
   */
  async add(load, server, request, answered = async () => 0) {
    const before = await answered()
    const { pids = [server.pid], ports = [server.port] } = server
    const discovering = load.request(LIMIT_MS, 'discoveries', { pids, ports, ...request })
    const { seconds, cpus, ownCpu, tookMs } = await server.whileRunning(LIMIT_MS, 'discoveries', discovering)
    this.#portQueries += (await answered()) - before
    this.#seconds += seconds
    this.#cpus = cpus.map((cpu, index) => cpu + (this.#cpus[index] ?? 0))
    this.#loadCpu += ownCpu
    this.#rates.push(tookMs.length / seconds)
    for (const one of tookMs) this.#tookMs.push(one)
  }

  /** Discoveries a second: the median of the slices. */
  get rate() {
    return quantile(this.#rates, 0.5)
  }

  /** The median time of a discovery, in milliseconds. */
  get p50() {
    return quantile(this.#tookMs, 0.5)
  }

  /** Discoveries for each second of processor time of the first `processes` of the server. */
  perCpuSecond(processes) {
    return this.#tookMs.length / sum(this.#cpus.slice(0, processes))
  }

  /** The share of discoveries for which the registrant was sent a port query. */
  get queriedShare() {
    return this.#portQueries / this.#tookMs.length
  }

  /** How busy the server and the load were: the less busy one is not the bottleneck. */
  get busy() {
    const [server, load] = [sum(this.#cpus), this.#loadCpu].map((cpu) => percent(cpu / this.#seconds))
    return `server ${server}, load ${load} of a core`
  }

  /** For a table. */
  toString() {
    const [p50, p99] = [0.5, 0.99].map((share) => ms(quantile(this.#tookMs, share)))
    // Processor time has steps of 10 ms: too coarse for shorter slices.
    const isLong = this.#seconds / this.#rates.length > SHORTEST_SECONDS
    const cpu = isLong ? `; ${ms((sum(this.#cpus) * 1000) / this.#tookMs.length)} CPU` : ''
    return `${rates(this.#rates)}; ${p50} / ${p99}${cpu}`
  }
}

const sum = (values) => values.reduce((total, value) => total + value, 0)

/** Runs one slice at a registry; the port of its registrants must be in all answers. */
export async function addSlice(slices, load, registered, { tokens, order, ms }) {
  const right = `"port":${registered.registrantPort}`
  await slices.add(load, registered.registry, { tokens, order, ms, right }, () => registered.answered())
  registered.wereDiscovered()
}
