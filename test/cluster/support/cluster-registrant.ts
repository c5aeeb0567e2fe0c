import { fileURLToPath } from 'node:url'
import { enter, productOn } from '../../doctor/support/machine.ts'
import { type Command, startProgram } from '../../support/child.ts'

const REGISTERED = /"state":"registered"/
const PUPPET = fileURLToPath(new URL('../../../docker/puppet/puppet.mjs', import.meta.url))

export interface RegistrantOptions {
  readonly token: string
  /** Where it is registered: a node, or what leads to one. */
  readonly registryUrl: string
  readonly puppetPort: number
  readonly namespace?: string
  readonly env?: Readonly<Record<string, string>>
}

/** A stand-in puppet and the built sidecar beside it, as processes, which `stopAllPeers` ends. */
export class ClusterRegistrant {
  readonly #options: RegistrantOptions
  readonly #puppet: Command
  #sidecar: Command | undefined

  private constructor(options: RegistrantOptions, puppet: Command) {
    this.#options = options
    this.#puppet = puppet
  }

  /** Resolves when the puppet listens; nobody is registered yet. */
  static async prepare(options: RegistrantOptions): Promise<ClusterRegistrant> {
    const machine = options.namespace === undefined ? {} : { namespace: options.namespace }
    const [file = '', ...args] = [...enter(machine), process.execPath, PUPPET]
    const puppet = startProgram(file, args, { WECHATY_PUPPET_SERVER_PORT: String(options.puppetPort) })
    await puppet.line(/listens/)
    return new ClusterRegistrant(options, puppet)
  }

  /** Starts the sidecar; resolves when it is registered, with so many tokens. */
  async register(tokens = 1): Promise<void> {
    const { namespace, token, puppetPort, registryUrl, env } = this.#options
    const [file = '', ...args] = productOn(namespace === undefined ? {} : { namespace }, ['run'])
    this.#sidecar = startProgram(file, args, {
      WECHATY_PUPPET_SERVICE_TOKEN: token,
      WECHATY_PUPPET_SERVER_PORT: String(puppetPort),
      REGISTRAR_REGISTRY_URL: registryUrl,
      REGISTRAR_ADMIN_PORT: '0',
      ...env,
    })
    const all = new RegExp(`"registered":${tokens},"total":${tokens},`)
    await this.#sidecar.line(tokens === 1 ? REGISTERED : all)
  }

  /** Resolves when it has been withdrawn because its puppet does not answer. */
  async withdrawn(timeoutMs = 30_000): Promise<void> {
    await this.#sidecar?.line(/"state":"unhealthy"/, { timeoutMs })
  }

  /** SIGTERM: it withdraws, and ends. */
  async withdraw(): Promise<void> {
    this.#sidecar?.kill('SIGTERM')
    await this.#sidecar?.exit
  }

  /** SIGKILL: nobody is told. */
  async kill(): Promise<void> {
    this.#sidecar?.kill('SIGKILL')
    await this.#sidecar?.exit
  }

  log(): readonly string[] {
    return this.#sidecar?.lines() ?? []
  }

  get puppetPort(): number {
    return this.#options.puppetPort
  }

  get token(): string {
    return this.#options.token
  }

  /** What discovery has to name. */
  get place(): string {
    const { env, puppetPort } = this.#options
    return `${env?.REGISTRAR_ADVERTISE_HOST ?? '127.0.0.1'}:${puppetPort}`
  }

  /** The process of the puppet. */
  get puppet(): Command {
    return this.#puppet
  }
}
