import { fileURLToPath } from 'node:url'
import { newToken } from '../../cast.mjs'
import { Process } from '../../process.mjs'
import { now, sleep } from '../../time.mjs'
import { startOf } from './registries.mjs'

const REGISTRANTS = fileURLToPath(new URL('../../registrants.mjs', import.meta.url))
const LIMIT_MS = 120_000
/** An answer may be published again for a second; after that the registrant is asked again. */
const STALE_AFTER_MS = 1100

/** One registry and those who are registered there, two processes. */
export class Crowd {
  kind
  registry
  /** The port that all of them publish. */
  published
  /** Of all that are registered, in no order: whoever came together lies together in memory. */
  tokens = []
  #registrants
  #prefix = newToken()
  #lastAskedMs = 0

  static async start(kind) {
    const crowd = new Crowd()
    crowd.kind = kind
    crowd.registry = await startOf(kind)
    const url = `ws://127.0.0.1:${crowd.registry.port}/v0/websocket`
    crowd.#registrants = new Process([REGISTRANTS, url, crowd.#prefix], { ipc: true })
    const { port } = await crowd.#registrants.message('registrants start')
    return Object.assign(crowd, { published: port })
  }

  /** Until `count` are registered; milliseconds from the first that connects to the last that was told `registered`. */
  async register(count) {
    const what = `${count} registered at ${this.kind}`
    const told = { want: 'register', count }
    const registering = this.#registrants.request(LIMIT_MS, what, told)
    const { tookMs } = await this.registry.needs(LIMIT_MS, what, registering)
    this.tokens = shuffled(Array.from({ length: count }, (_, index) => `${this.#prefix}-${index + 1}`))
    return tookMs
  }

  /** How many questions its registrants have answered. */
  async answered() {
    const { answered } = await this.#registrants.request(5000, 'registrants tell', { want: 'answered' })
    return answered
  }

  /** The next `count` tokens in a round through all of them, of which none has been asked for within a second. */
  async staleTokens(count) {
    await sleep(Math.max(0, this.#lastAskedMs + STALE_AFTER_MS - now()))
    const some = this.tokens.slice(0, count)
    this.tokens = [...this.tokens.slice(count), ...some]
    return some
  }

  /** To be called when tokens have been asked for. */
  wasAsked() {
    this.#lastAskedMs = now()
  }

  async end() {
    await Promise.all([this.registry?.end(), this.#registrants?.end()])
  }
}

function shuffled(values) {
  const left = [...values]
  return values.map(() => {
    const at = Math.floor(Math.random() * left.length)
    const [value] = left.splice(at, 1, left.at(-1))
    left.pop()
    return value
  })
}
