import { fileURLToPath } from 'node:url'
import { ms, percent, quantile, rates } from '../../numbers.mjs'
import { Process } from '../../process.mjs'

const DISCOVERER = fileURLToPath(new URL('../../discoverer.mjs', import.meta.url))
const LIMIT_MS = 30_000
const SHORTEST_SECONDS = 0.2

/** Who asks, a process of its own. */
export async function startDiscoverer() {
  const process = new Process([DISCOVERER], { ipc: true })
  await process.message('the discoverer starts')
  return process
}

/** What slices of one kind have in common: how often, how long, and what it cost the server. */
export class Slices {
  #rates = []
  #tookMs = []
  #seconds = 0
  /** Seconds of processor time: the server's, and of who asks. */
  #cpu = 0
  #ownCpu = 0
  #questions = 0

  /**
   * One more slice of discoveries at `server`.
   * @param {{ tokens: string[], order: 'once' | 'random', ms: number, right: string }} told see discoverer.mjs
   * @param {() => Promise<number>} [answered] how many questions the registrants have answered so far
   */
  async add(discoverer, server, told, answered = async () => 0) {
    const questions = await answered()
    const { pid, port } = server
    const discovering = discoverer.request(LIMIT_MS, 'discoveries', { pid, port, ...told })
    const { seconds, cpu, ownCpu, tookMs } = await server.needs(LIMIT_MS, 'discoveries', discovering)
    this.#questions += (await answered()) - questions
    this.#seconds += seconds
    this.#cpu += cpu
    this.#ownCpu += ownCpu
    this.#rates.push(tookMs.length / seconds)
    for (const one of tookMs) this.#tookMs.push(one)
  }

  /** Discoveries a second: the median of the slices. */
  get rate() {
    return quantile(this.#rates, 0.5)
  }

  /** The share of discoveries for which the registrant was asked. */
  get askedShare() {
    return this.#questions / this.#tookMs.length
  }

  /** How busy the server was, and who asked: whoever is the less busy of them does not hold the other up. */
  get busy() {
    const [server, asker] = [this.#cpu, this.#ownCpu].map((cpu) => percent(cpu / this.#seconds))
    return `server ${server}, asker ${asker} of a core`
  }

  /** For a table. */
  toString() {
    const [p50, p99] = [0.5, 0.99].map((share) => ms(quantile(this.#tookMs, share)))
    // What is shorter than that, the clock of processor time (10 ms) cannot see.
    const isLong = this.#seconds / this.#rates.length > SHORTEST_SECONDS
    const cpu = isLong ? `; ${ms((this.#cpu * 1000) / this.#tookMs.length)} CPU` : ''
    return `${rates(this.#rates)}; ${p50} / ${p99}${cpu}`
  }
}

/** One slice at a crowd; `right` is what all of its registrants publish. */
export async function addSlice(slices, discoverer, crowd, { tokens, order, ms }) {
  const right = `"port":${crowd.published}`
  await slices.add(discoverer, crowd.registry, { tokens, order, ms, right }, () => crowd.answered())
  crowd.wasAsked()
}
