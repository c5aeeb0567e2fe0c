import { freePort } from '../../free-port.mjs'
import { launchRegistry, untilRegistryUp } from '../../launch.mjs'
import { startNatsServers } from '../../nats-servers.mjs'
import { eventually, sleep } from '../../time.mjs'

const NODES = 3
const WHOLE_MS = 20_000
/** A node that has just joined asks all others about tokens of its own too, for 10 s; and the last one to join counts. */
const SETTLED_MS = 12_000

/** All registrants have one address here: without this, the limit on upgrades of an address would be measured. */
export const NO_UPGRADE_LIMIT = { REGISTRY_UPGRADE_RATE: '1000000' }

/** One registry, at ports that stay. */
class Node {
  #env
  #process
  port
  adminPort

  constructor(port, adminPort, env) {
    Object.assign(this, { port, adminPort })
    this.#env = { ...env, REGISTRY_ADMIN_PORT: adminPort }
  }

  get pid() {
    return this.#process.pid
  }

  /** Resolves when it listens. */
  async start() {
    this.#process = launchRegistry(this.port, this.#env)
    await untilRegistryUp(this.#process, this.port)
  }

  /** Ends it by `signal`; resolves when it is gone. */
  async endBy(signal) {
    this.#process.kill(signal)
    await this.#process.exited
  }

  whileRunning(ms, what, promise) {
    return this.#process.whileRunning(ms, what, promise)
  }

  async status() {
    const response = await fetch(`http://127.0.0.1:${this.adminPort}/status`)
    return response.json()
  }

  async end() {
    await this.#process?.end()
  }
}

/** Registries over NATS servers, each a process of its own. */
export class Cluster {
  nodes
  servers

  /**
   * Starts three nodes, each at one of the NATS servers; if they `knowAll`, they start at another while that one is away.
   * `moreOf`: added to the environment of the node of that place.
   */
  static async start({ servers = 1, knowAll = false, moreOf = () => ({}) } = {}) {
    const cluster = new Cluster()
    cluster.servers = await startNatsServers(servers)
    cluster.nodes = []
    try {
      for (let index = 0; index < NODES; index += 1) {
        const urls = cluster.servers.map(({ url }) => url)
        const env = {
          ...NO_UPGRADE_LIMIT,
          REGISTRY_NATS_URL: knowAll ? urls.join() : urls[index % servers],
          ...moreOf(index),
        }
        cluster.nodes.push(new Node(await freePort(), await freePort(), env))
      }
      await Promise.all(cluster.nodes.map((node) => node.start()))
      await Promise.all(cluster.nodes.map((node) => untilCertain(node)))
    } catch (error) {
      await cluster.end()
      throw error
    }
    return cluster
  }

  /** Resolves when every node trusts its own claims. */
  async settled() {
    await this.whileRunning(2 * SETTLED_MS, 'the cluster settles', sleep(SETTLED_MS))
  }

  get ports() {
    return this.nodes.map(({ port }) => port)
  }

  /** Of all processes that discoveries keep busy. */
  get pids() {
    return [...this.nodes, ...this.servers].map(({ pid }) => pid)
  }

  whileRunning(ms, what, promise) {
    const all = this.nodes.map((node) => node.whileRunning(ms, what, promise))
    return Promise.race(all)
  }

  async end() {
    await Promise.all([...this.nodes, ...this.servers].map((one) => one.end()))
  }
}

/** Resolves when a node says of a token that nobody has it: all others have been heard from. */
async function untilCertain({ port }) {
  await eventually(WHOLE_MS, 'a node knows the others', 100, async () => {
    const response = await fetch(`http://127.0.0.1:${port}/v0/hosties/insecure_nobody`)
    await response.text()
    return response.status === 404 || undefined
  })
}
