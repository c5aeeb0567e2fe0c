import { fileURLToPath } from 'node:url'
import { Namespace, removeNamespaces } from '../../netns/support/namespace.ts'
import { type Authority, createAuthority } from '../../support/certificates.ts'
import { type Command, type Peer, startPeer, startProgram, stopAllPeers } from '../../support/child.ts'
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts'
import { waitUntil } from '../../support/wait.ts'
import { Bot } from './bot.ts'
import type { Place, SdkRow, Transport, Way } from './matrix.ts'
import { puppetCertificate } from './puppet-certificate.ts'

const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url))
/** What all SDKs ask when they are told nothing else. */
const PUBLIC_NAME = 'api.chatie.io'
const REGISTRY_PORT = 443
/** Not 8788: that is what the public registry says when it is not answered, and where `connect` listens. */
export const PUPPET_PORT = 4321
const CONNECT_PORT = 8788
/** The default community certificate is good for tokens that begin so. */
const TOKEN = 'insecure_sdks'

export type Running = Pick<Peer, 'kill' | 'pid' | 'exited'>

let namespaces = 0

/** A network namespace with a registry, a puppet, and the sidecar beside it. Bots run in it. */
export class SdkHarness {
  readonly row: SdkRow
  readonly place: Place
  readonly #authority: Authority
  readonly #namespace: Namespace
  /** Those that were started last. */
  #registry: Running | undefined
  #puppet: Running | undefined
  #sidecar: Command | undefined

  private constructor(row: SdkRow, place: Place, authority: Authority, namespace: Namespace) {
    this.row = row
    this.place = place
    this.#authority = authority
    this.#namespace = namespace
  }

  /** Resolves when the token is registered and, for `connect`, when that listens. */
  static async open(row: SdkRow, way: Way, transport: Transport): Promise<SdkHarness> {
    const authority = await createAuthority()
    namespaces += 1
    const namespace = await Namespace.make(`sdk-${process.pid}-${namespaces}`)
    const place: Place = { way, transport, token: TOKEN, caFile: authority.caFile, folder: makeTempDir() }
    const names = ['localhost', PUBLIC_NAME, ...(row.localNames?.(place) ?? [])]
    await namespace.hosts(names.map((name) => `127.0.0.1 ${name}\n`).join(''))
    const harness = new SdkHarness(row, place, authority, namespace)
    await Promise.all([harness.startRegistry(), harness.startPuppet()])
    await harness.startSidecar()
    if (way === 'connect') await harness.startConnect()
    return harness
  }

  /** Ends everything that this process has, and takes it all away. */
  static async closeAll(): Promise<void> {
    await stopAllPeers()
    await removeNamespaces()
    removeTempDirs()
  }

  /** Ends everything that is in here, and takes it away. */
  close(): Promise<void> {
    return this.#namespace.remove()
  }

  /** Resolves when it listens. */
  async startRegistry(): Promise<void> {
    this.#registry = await this.#startRegistry()
  }

  endRegistry(signal: NodeJS.Signals): Promise<void> {
    return end(this.#registry, signal)
  }

  async #startRegistry(): Promise<Running> {
    const tls = await this.#authority.issue([`dns:${PUBLIC_NAME}`])
    if (this.place.way === 'public-like') {
      const options = { port: REGISTRY_PORT, tls }
      return startPeer('chatie-registry', options, { namespace: this.#namespace.name })
    }
    const registry = this.#product('registry', {
      REGISTRY_LISTEN_HOST: '127.0.0.1',
      REGISTRY_LISTEN_PORT: String(REGISTRY_PORT),
      REGISTRY_ADMIN_PORT: '0',
      REGISTRY_TLS_CERT_FILE: tls.certFile,
      REGISTRY_TLS_KEY_FILE: tls.keyFile,
    })
    await registry.line(/"registry listens"/)
    return running(registry)
  }

  /** A real puppet service on 127.0.0.1. */
  async startPuppet(port = PUPPET_PORT): Promise<void> {
    this.#puppet = await (this.row.puppet ? this.#startProgram(this.row.puppet, port) : this.#startMock(port))
  }

  endPuppet(signal: NodeJS.Signals): Promise<void> {
    return end(this.#puppet, signal)
  }

  /** From now on its port refuses connections. Resolves with a function that ends that. */
  closePuppetPort(): Promise<() => Promise<void>> {
    const port = ['--protocol', 'tcp', '--dport', String(PUPPET_PORT)]
    return this.#namespace.rule('INPUT', ...port, '--jump', 'REJECT', '--reject-with', 'tcp-reset')
  }

  async #startMock(port: number): Promise<Running> {
    const tls = this.place.transport === 'TLS'
    const own = tls && this.row.certificate === 'own'
    const env = own ? await puppetCertificate(this.#authority, TOKEN) : {}
    return startPeer('wechaty-puppet', { port, token: TOKEN, tls }, { env, namespace: this.#namespace.name })
  }

  async #startProgram(puppet: readonly string[], port: number): Promise<Running> {
    const command = startProgram('ip', ['netns', 'exec', this.#namespace.name, ...puppet], {
      WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
      WECHATY_PUPPET_SERVER_PORT: String(port),
    })
    await command.line(/^listening$/)
    return running(command)
  }

  /** Resolves when it is registered. */
  async startSidecar(port = PUPPET_PORT): Promise<void> {
    this.#sidecar = this.#product('run', {
      WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
      WECHATY_PUPPET_SERVER_PORT: String(port),
      REGISTRAR_REGISTRY_CA_FILE: this.place.caFile,
    })
    await this.#sidecar.line(/"state":"registered"/)
  }

  endSidecar(signal: NodeJS.Signals): Promise<void> {
    return end(this.#sidecar && running(this.#sidecar), signal)
  }

  /** Waits until a client would find the puppet. */
  registered(): Promise<void> {
    return this.#untilRegistered(true)
  }

  /** Waits until no client would find it. */
  withdrawn(): Promise<void> {
    return this.#untilRegistered(false)
  }

  /** Resolves when it listens. */
  async startConnect(): Promise<Command> {
    const connect = this.#product('connect', {
      WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
      REGISTRAR_REGISTRY_CA_FILE: this.place.caFile,
      ...this.row.connectEnv?.(this.place),
    })
    await connect.line(/bots reach this token's puppet/)
    return connect
  }

  /** Whether the registry tells clients where the puppet is. */
  async isRegistered(): Promise<boolean> {
    const discover = this.#product('discover', {
      WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
      REGISTRAR_REGISTRY_CA_FILE: this.place.caFile,
    })
    const { code } = await discover.exit
    if (code !== 0 && code !== 1) throw new Error(`discover exited with code ${code}\n${discover.output()}`)
    return code === 0
  }

  /** Starts a bot: of the harness's own row, or of another one. */
  startBot(run: readonly string[], row = this.row): Bot {
    const { way, folder } = this.place
    const connect = { WECHATY_PUPPET_SERVICE_ENDPOINT: `127.0.0.1:${CONNECT_PORT}` }
    return new Bot(['ip', 'netns', 'exec', this.#namespace.name, ...run], folder, {
      WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
      ...(way === 'connect' && connect),
      ...row.env(this.place),
    })
  }

  async #untilRegistered(wanted: boolean): Promise<void> {
    await waitUntil(async () => (await this.isRegistered()) === wanted, {
      timeoutMs: 30_000,
      what: `the token to be ${wanted ? 'registered' : 'withdrawn'}`,
    }).catch((error) => {
      throw new Error(`${error.message}\n${this.#sidecar?.output()}`)
    })
  }

  #product(command: string, env: Readonly<Record<string, string>>): Command {
    const words = ['netns', 'exec', this.#namespace.name, process.execPath, MAIN, command]
    return startProgram('ip', words, env)
  }
}

const running = ({ kill, pid, exit }: Command): Running => ({ kill, pid, exited: exit })

async function end(one: Running | undefined, signal: NodeJS.Signals): Promise<void> {
  one?.kill(signal)
  await one?.exited
}
