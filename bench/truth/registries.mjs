import { fileURLToPath } from 'node:url'
import { launchRegistry, untilRegistryUp } from '../cast.mjs'
import { Process } from '../process.mjs'
import { Supervised } from './supervised.mjs'

const CHATIE = fileURLToPath(new URL('../../test/peers/chatie-registry.mjs', import.meta.url))

const KINDS = {
  chatie: (port) =>
    new Supervised(
      () => new Process([CHATIE, JSON.stringify({ port })], { ipc: true }),
      (process) => process.message('the registry listens'),
    ),
  own: (port) =>
    new Supervised(
      () => launchRegistry(port, { REGISTRY_ADMIN_PORT: 0 }),
      (process) => untilRegistryUp(process, port),
    ),
}

/** What the registries are called in tables. */
export const REGISTRIES = { chatie: "`@chatie/io`'s server", own: 'our `registry`' }

/**
 * A registry at `port`. Registrants come through `relay`, which refuses them while it is down, as the kernel would if nobody stood
 * between.
 */
export class Registry {
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

  /** Kills it. */
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
