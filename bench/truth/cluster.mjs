import { launchRegistry, untilRegistryUp } from '../launch.mjs'
import { startNatsServers } from '../nats-servers.mjs'
import { nonEphemeralPort } from './non-ephemeral-port.mjs'
import { RestartingProcess } from './restarting-process.mjs'

/**
 * Three registries and a NATS server, to be used as one registry. The registrant's connections lead to the first node, or to the last one
 * while the first is in trouble, as through a balancer; the second one is asked.
 */
export class ClusterRegistry {
  discoveryPort
  #ports
  #relay
  #nodes
  #server

  /** @param {object} environment of each node */
  static async create(port, relay, environment) {
    const registry = new ClusterRegistry()
    registry.#ports = [port, await nonEphemeralPort(), await nonEphemeralPort()]
    registry.discoveryPort = registry.#ports[1]
    registry.#relay = relay
    ;[registry.#server] = await startNatsServers(1)
    const env = { ...environment, REGISTRY_NATS_URL: registry.#server.url }
    registry.#nodes = registry.#ports.map(
      (own) =>
        new RestartingProcess(
          () => launchRegistry(own, env),
          (process) => untilRegistryUp(process, own),
        ),
    )
    return registry
  }

  async start() {
    await Promise.all(this.#nodes.map((node) => node.start()))
    await this.#relay.listen()
  }

  /** Kills all nodes; they stay down until they are started. */
  async down() {
    this.#relay.refuse()
    await Promise.all(this.#nodes.map((node) => node.down()))
  }

  signal(signal) {
    for (const node of this.#nodes) node.signal(signal)
  }

  /** Something happens to the node that has the registrant; new connections lead to another one. */
  troubleNode(trouble) {
    this.#relay.leadTo(this.#ports[2])
    return trouble(this.#nodes[0])
  }

  /** @param mend what is done first; then new connections lead to that node again */
  async mendNode(mend) {
    await mend(this.#nodes[0])
    this.#relay.leadTo(this.#ports[0])
  }

  /** The NATS server. */
  get server() {
    return this.#server
  }

  async end() {
    await Promise.all(this.#nodes.map((node) => node.down()))
    await this.#server.end()
  }
}
