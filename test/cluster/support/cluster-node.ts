import { publicName } from '../../../src/ops/redactor.ts'
import { type Machine, productOn } from '../../doctor/support/machine.ts'
import { type Command, type Exit, type Peer, startProgram } from '../../support/child.ts'
import { waitUntil } from '../../support/wait.ts'
import { freeze } from './freeze.ts'

/** What tests read of `/status`. */
export interface NodeStatus {
  readonly draining: boolean
  readonly registrants: { readonly total: number }
  readonly cluster?: {
    readonly degraded: boolean
    /** `host:port` of the server that it is connected to. */
    readonly server: string | null
    readonly members: readonly { readonly state: 'alive' | 'missing' }[]
    readonly claims: number
    readonly fallbacks: number
  }
}

export interface NodeOptions {
  /** For people. */
  readonly name: string
  readonly port: number
  readonly adminPort: number
  /** Empty: it is alone. */
  readonly natsUrl: string
  readonly env?: Readonly<Record<string, string>>
  /** Default: here, with the right clock. */
  readonly machine?: Machine
  /** Asks from where the node is. */
  readonly prober: Peer
}

/** A registry of a cluster as a process, which `stopAllPeers` ends. */
export class ClusterNode {
  readonly name: string
  readonly port: number
  readonly #options: NodeOptions
  #command: Command | undefined
  /** Lines of those that ran before. */
  readonly #past: string[] = []

  constructor(options: NodeOptions) {
    this.#options = options
    this.name = options.name
    this.port = options.port
  }

  /** Where registrants of this machine come to it. */
  get url(): string {
    return `ws://127.0.0.1:${this.port}`
  }

  /** Resolves when it listens. */
  async start(): Promise<void> {
    const { port, adminPort, natsUrl, env, machine = {} } = this.#options
    const [file = '', ...args] = productOn(machine, ['registry'])
    this.#command = startProgram(file, args, {
      REGISTRY_LISTEN_HOST: '127.0.0.1',
      REGISTRY_LISTEN_PORT: String(port),
      REGISTRY_ADMIN_PORT: String(adminPort),
      ...(natsUrl === '' ? {} : { REGISTRY_NATS_URL: natsUrl }),
      ...env,
    })
    await this.#command.line(/"registry listens"/)
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#command?.kill('SIGKILL')
    await this.#ended()
  }

  /** SIGTERM; resolves with how it ended. */
  async drain(): Promise<Exit | undefined> {
    this.#command?.kill('SIGTERM')
    return this.#ended()
  }

  /** Kills it, and starts it again on the same ports. */
  async restart(): Promise<void> {
    await this.kill()
    await this.start()
  }

  /** Resolves when it stands still. */
  async freeze(): Promise<void> {
    if (this.#command !== undefined) await freeze(this.#command)
  }

  thaw(): void {
    this.#command?.kill('SIGCONT')
  }

  /** What its endpoints say. */
  async get(path: string): Promise<{ readonly status: number; readonly text: string }> {
    return this.#options.prober.ask('get', { url: `http://127.0.0.1:${this.#options.adminPort}${path}` })
  }

  async status(): Promise<NodeStatus> {
    return JSON.parse((await this.get('/status')).text)
  }

  /** Waits until `/status` shows what is wanted. */
  async until(
    what: string,
    wanted: (status: NodeStatus) => boolean,
    timeoutMs = 15_000,
  ): Promise<NodeStatus> {
    let last: NodeStatus | undefined
    const look = async (): Promise<NodeStatus | false> => {
      last = await this.status()
      return wanted(last) && last
    }
    return waitUntil(look, { timeoutMs, what: `${this.name}: ${what}`, everyMs: 50 }).catch((error) => {
      throw new Error(`${error.message}\n${JSON.stringify(last)}\n${this.log().slice(-30).join('\n')}`)
    })
  }

  /** A metric without its prefix, of all labels together; 0 if it is not there. */
  async metric(name: string): Promise<number> {
    const lines = (await this.get('/metrics')).text.split('\n')
    const own = lines.filter((line) => line.startsWith(`puppet_registry_${name}`))
    return own.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
  }

  /** Waits for a line of its log, of the process that runs now. */
  async untilLogged(pattern: string): Promise<void> {
    await this.#command?.line(new RegExp(pattern))
  }

  /** How often a registrant of this token has been let in, by all processes that it was. */
  registrations(token: string): number {
    const name = `"token":"${publicName(token)}"`
    return this.log().filter((line) => line.includes(name) && line.includes('"msg":"registered"')).length
  }

  /** Every line of its log so far, of all processes that it was. */
  log(): readonly string[] {
    return [...this.#past, ...(this.#command?.lines() ?? [])]
  }

  async #ended(): Promise<Exit | undefined> {
    const exit = await this.#command?.exit
    this.#past.push(...(this.#command?.lines() ?? []))
    this.#command = undefined
    return exit
  }
}
