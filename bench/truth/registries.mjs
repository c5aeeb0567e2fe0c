import { fileURLToPath } from 'node:url'
import { launchRegistry, untilRegistryUp } from '../launch.mjs'
import { Process } from '../process.mjs'
import { ClusterRegistry } from './cluster.mjs'
import { RestartingProcess } from './restarting-process.mjs'

const CHATIE = fileURLToPath(new URL('../../test/peers/chatie-registry.mjs', import.meta.url))

/** It tests ports on this machine too, as it does elsewhere. */
const CHECKS_LOOPBACK = { REGISTRY_ADMIN_PORT: 0, REGISTRY_REACHABILITY_NETWORKS: '127.0.0.0/8' }

const KINDS = {
  chatie: (port) =>
    new RestartingProcess(
      () => new Process([CHATIE, JSON.stringify({ port })], { ipc: true }),
      (process) => process.firstMessage('the registry listens'),
    ),
  own: (port) =>
    new RestartingProcess(
      () => launchRegistry(port, CHECKS_LOOPBACK),
      (process) => untilRegistryUp(process, port),
    ),
}

/** The names of the registries in tables. */
export const REGISTRIES = {
  chatie: "`@chatie/io`'s server",
  own: 'our `registry`',
  cluster: 'a cluster of three of them',
}

/** A registry at `port` of 127.0.0.1, which is restarted whenever it exits. */
export function registryAt(kind, port) {
  return KINDS[kind](port)
}

/** See below; a cluster has more. */
export async function createRegistry(kind, port, relay) {
  return kind === 'cluster'
    ? ClusterRegistry.create(port, relay, CHECKS_LOOPBACK)
    : new Registry(kind, port, relay)
}

/**
 * A registry at `port`. Registrants connect through `relay`, which refuses them while the registry is down, as the kernel would
 * without a relay.
 */
class Registry {
  #process
  #relay

  constructor(kind, port, relay) {
    this.#process = KINDS[kind](port)
    this.#relay = relay
  }

  async start() {
    await this.#process.start()
    await this.#relay.listen()
  }

  /** Kills it; it stays down until it is started. */
  async down() {
    this.#relay.refuse()
    await this.#process.down()
  }

  signal(signal) {
    this.#process.signal(signal)
  }

  async end() {
    await this.#process.down()
  }
}
