import { freePort } from '../../free-port.mjs'
import { launchRegistry, untilRegistryUp } from '../../launch.mjs'
import { startNatsServers } from '../../nats-servers.mjs'
import { eventually, sleep } from '../../time.mjs'

const WHOLE_MS = 20_000
/** A node that has just joined asks all others about tokens of its own too, for 10 s; and the last one to join counts. */
const SETTLED_MS = 12_000

/** All registrants have one address here: without this, the limit on upgrades of an address would be measured. */
export const NO_UPGRADE_LIMIT = { REGISTRY_UPGRADE_RATE: '1000000' }

/** Registries over NATS servers, each process of its own. */
export class Cluster {
  nodes
  servers

  /** Starts `count` nodes, each at a NATS server of its own, or all at one. `more`: added to the environment of each. */
  static async start({ count = 3, servers = 1, more = {} } = {}) {
    const cluster = new Cluster()
    cluster.servers = await startNatsServers(servers)
    cluster.nodes = []
    try {
      for (let index = 0; index < count; index += 1) {
        const port = await freePort()
        const { url } = cluster.servers[index % servers]
        const env = { ...NO_UPGRADE_LIMIT, REGISTRY_NATS_URL: url, ...more }
        cluster.nodes.push(Object.assign(launchRegistry(port, env), { port }))
      }
      await Promise.all(cluster.nodes.map((node) => untilRegistryUp(node, node.port)))
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
