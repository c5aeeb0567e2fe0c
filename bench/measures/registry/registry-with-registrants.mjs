import { fileURLToPath } from 'node:url'
import { newToken } from '../../launch.mjs'
import { Process } from '../../process.mjs'
import { now, sleep } from '../../time.mjs'
import { startRegistryOf } from './servers.mjs'

const REGISTRANTS = fileURLToPath(new URL('../../registrants.mjs', import.meta.url))
const LIMIT_MS = 120_000
/** A registry caches an answer for a second; after that it asks the registrant again. */
const STALE_AFTER_MS = 1100

/** One registry, or several of a cluster, and the registrants, a process of their own. */
export class RegistryWithRegistrants {
  kind
  registry
  /** The port that all of the registrants answer with. */
  registrantPort
  /** All that are registered, shuffled: those registered together lie together in memory. */
  tokens = []
  #registrants
  #prefix = newToken()
  #lastDiscoveryMs = 0

  static async start(kind, main) {
    return RegistryWithRegistrants.at(kind, await startRegistryOf(kind, main))
  }

  /** @param registry a process with a `port`, or with several `ports` among which registrants are divided */
  static async at(kind, registry) {
    const started = new RegistryWithRegistrants()
    Object.assign(started, { kind, registry })
    const urls = portsOf(registry).map((port) => `ws://127.0.0.1:${port}/v0/websocket`)
    started.#registrants = new Process([REGISTRANTS, urls.join(), started.#prefix], { ipc: true })
    const { port } = await started.#registrants.firstMessage('registrants start')
    return Object.assign(started, { registrantPort: port })
  }

  /** Registers up to `count`. Resolves with the milliseconds from the first connection to the last acknowledgement. */
  async register(count) {
    const what = `${count} registered at ${this.kind}`
    const request = { type: 'register', count }
    const registering = this.#registrants.request(LIMIT_MS, what, request)
    const { tookMs } = await this.registry.whileRunning(LIMIT_MS, what, registering)
    this.tokens = shuffled(Array.from({ length: count }, (_, index) => `${this.#prefix}-${index + 1}`))
    return tookMs
  }

  /** The tokens of the registry that is the `place`th of several, of 0. */
  tokensAt(place) {
    const count = portsOf(this.registry).length
    return this.tokens.filter((token) => (Number(token.slice(this.#prefix.length + 1)) - 1) % count === place)
  }

  /** How many port queries its registrants have answered. */
  async answered() {
    const { answered } = await this.#registrants.request(5000, 'registrants report', { type: 'answered' })
    return answered
  }

  /** The next `count` tokens in a round through all of them. None was discovered within the last second. */
  async staleTokens(count) {
    await sleep(Math.max(0, this.#lastDiscoveryMs + STALE_AFTER_MS - now()))
    const some = this.tokens.slice(0, count)
    this.tokens = [...this.tokens.slice(count), ...some]
    return some
  }

  /** To be called after discoveries. */
  wereDiscovered() {
    this.#lastDiscoveryMs = now()
  }

  async end() {
    await Promise.all([this.registry?.end(), this.#registrants?.end()])
  }
}

function portsOf({ port, ports = [port] }) {
  return ports
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
