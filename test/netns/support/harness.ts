import { fileURLToPath } from 'node:url'
import { type Command, type Peer, startPeer, startProgram, stopAllPeers } from '../../support/child.ts'
import { waitUntil } from '../../support/wait.ts'
import { Namespace, removeNamespaces } from './namespace.ts'
import { Observed } from './observed.ts'
import { NAT, Router } from './router.ts'
import { TOKEN } from './token.ts'
import { Wire } from './wire.ts'

const at = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

/** Not 8788: that is what the public registry says when it is not answered. */
export const PUPPET_PORT = 4321
export const OWN_PORT = 8080
export const PUBLIC_PORT = 8081
const ADMIN_PORT = 9788
const SEED = 20_250_101

/** Addresses at both ends of the wires. */
const HOME = { registry: '10.9.1.1', puppet: '10.9.2.1' } as const
export const REGISTRY_ADDRESS = '10.9.1.2'
export const PUPPET_ADDRESS = '10.9.2.2'
/** The interface of the sidecar's namespace towards the registry. */
export const TO_REGISTRY = 'to-registry'

/**
 * Three machines, each a network namespace: the sidecar's, the registry's and the puppet's. A wire leads from the sidecar to each of the
 * others; or a router stands before the registry.
 */
export class NetworkHarness {
  readonly home: Namespace
  readonly registryHost: Namespace
  readonly puppetHost: Namespace
  readonly #wires: Wire[] = []

  private constructor(home: Namespace, registryHost: Namespace, puppetHost: Namespace) {
    this.home = home
    this.registryHost = registryHost
    this.puppetHost = puppetHost
  }

  static async open(): Promise<NetworkHarness> {
    return new NetworkHarness(
      await Namespace.make('home'),
      await Namespace.make('registry'),
      await Namespace.make('puppet'),
    )
  }

  /** Ends all and takes all away. */
  async close(): Promise<void> {
    await stopAllPeers()
    for (const wire of this.#wires) await wire.end()
    await removeNamespaces()
  }

  wireToRegistry(): Promise<Wire> {
    const far = { namespace: this.registryHost, device: 'to-home', address: REGISTRY_ADDRESS }
    return this.#wire(TO_REGISTRY, HOME.registry, far)
  }

  wireToPuppet(): Promise<Wire> {
    const far = { namespace: this.puppetHost, device: 'to-home', address: PUPPET_ADDRESS }
    return this.#wire('to-puppet', HOME.puppet, far)
  }

  async routerToRegistry(): Promise<Router> {
    return Router.between(this.home, await Namespace.make('router'), this.registryHost)
  }

  /** Our own registry, where discovery is asked beside it, so that no trouble of the wire changes what it says. */
  async ownRegistry(): Promise<Observed> {
    const env = {
      REGISTRY_LISTEN_PORT: String(OWN_PORT),
      REGISTRY_REACHABILITY: 'off',
      LOG_LEVEL: 'warn',
    }
    const command = run(this.registryHost, [process.execPath, at('dist/main.js'), 'registry'], env)
    return this.#answering(this.registryHost, OWN_PORT, command)
  }

  /** The public registry's own server. */
  async publicRegistry(): Promise<Observed & { readonly peer: Peer }> {
    const options = { host: '0.0.0.0', port: PUBLIC_PORT }
    const peer = await startPeer('chatie-registry', options, { namespace: this.registryHost.name })
    return Object.assign(await this.#answering(this.registryHost, PUBLIC_PORT), { peer })
  }

  /** A puppet, beside the sidecar or on a machine of its own. */
  async puppet(where: Namespace = this.home): Promise<Command> {
    const env = { WECHATY_PUPPET_SERVER_PORT: String(PUPPET_PORT) }
    const command = run(where, [process.execPath, at('docker/puppet/puppet.mjs')], env)
    await command.line(/listens/)
    return command
  }

  /** The built sidecar, with the default settings. Resolves when it is registered. */
  async sidecar(registryUrl: string, env: Readonly<Record<string, string>> = {}): Promise<Observed> {
    const all = {
      WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
      WECHATY_PUPPET_SERVER_PORT: String(PUPPET_PORT),
      REGISTRAR_REGISTRY_URL: registryUrl,
      REGISTRAR_ADMIN_PORT: String(ADMIN_PORT),
      ...env,
    }
    const command = run(this.home, [process.execPath, at('dist/main.js'), 'run'], all)
    const sidecar = await this.#answering(this.home, Number(all.REGISTRAR_ADMIN_PORT), command)
    await waitUntil(async () => (await sidecar.metric('registrations{state="registered"}')) === 1, {
      timeoutMs: 10_000,
      what: 'the first registration',
    })
    return sidecar
  }

  async #wire(device: string, address: string, far: Parameters<typeof Wire.between>[1]): Promise<Wire> {
    const wire = await Wire.between({ namespace: this.home, device, address }, far, SEED)
    this.#wires.push(wire)
    return wire
  }

  async #answering(where: Namespace, port: number, command?: Command): Promise<Observed> {
    const observer = await startPeer('observer', {}, { namespace: where.name })
    const observed = new Observed(observer, port, command)
    await waitUntil(() => observed.get('/'), { timeoutMs: 10_000, what: `port ${port} to answer` })
    return observed
  }
}

/** Where the registry is behind the wire, or behind the router. */
export const urlOf = (port: number, address: string = REGISTRY_ADDRESS): string => `ws://${address}:${port}`
export const urlBehindRouter = (port: number): string => urlOf(port, NAT.outside)

function run({ name }: Namespace, words: readonly string[], env: Readonly<Record<string, string>>): Command {
  return startProgram('ip', ['netns', 'exec', name, ...words], env)
}
