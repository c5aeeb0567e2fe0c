import { readdirSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import type { CertificateFiles } from '../support/certificates.ts'
import { type Command, startCommand } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { waitUntil, withDeadline } from '../support/wait.ts'
import type { Ports } from './connection.ts'
import { type Held, heldBy, inspected } from './heap.ts'
import { OtherClient, portOf } from './other-client.ts'
import { PROXY, SLOW_TOKEN } from './requests.ts'

/** What the registry holds for others. */
export interface RegistryHeld {
  readonly registrants: number
  readonly tokens: number
  readonly files: number
}

const PATIENCE_MS = 10_000
/** How long a process that drops its connections may take to be gone. */
const ENDING_MS = 1000

/**
 * The registry that is fuzzed, in a process of its own, and somebody beside it who behaves: a registrant that is
 * discovered again and again. If it ends it is started anew, so that fast-check can find out what ended it.
 */
export class Target implements Ports {
  readonly port: number
  readonly tlsPort: number
  readonly #adminPort: number
  readonly #inspectorPort: number
  readonly #certificate: CertificateFiles
  #command: Command | undefined
  #ended: string | undefined
  #witness: OtherClient | undefined
  /** The port that the witness says next; another one each time, so that an old answer is seen. */
  #lastPort = 10_000

  private constructor(ports: readonly [number, number, number, number], certificate: CertificateFiles) {
    ;[this.port, this.tlsPort, this.#adminPort, this.#inspectorPort] = ports
    this.#certificate = certificate
  }

  static async create(certificate: CertificateFiles): Promise<Target> {
    const target = new Target(
      [await freePort(), await freePort(), await freePort(), await freePort()],
      certificate,
    )
    await target.beThere()
    return target
  }

  /** Starts the registry if it is not running. */
  async beThere(): Promise<void> {
    if (this.#command !== undefined && this.#ended === undefined) return
    const { certFile, keyFile } = this.#certificate
    const command = startCommand(['registry'], {
      env: {
        ...inspected(this.#inspectorPort),
        REGISTRY_LISTEN_HOST: '127.0.0.1',
        REGISTRY_LISTEN_PORT: String(this.port),
        REGISTRY_LISTEN_TLS_PORT: String(this.tlsPort),
        REGISTRY_TLS_CERT_FILE: certFile,
        REGISTRY_TLS_KEY_FILE: keyFile,
        REGISTRY_ADMIN_PORT: String(this.#adminPort),
        REGISTRY_TRUST_PROXY: `${PROXY}/32`,
        REGISTRY_UPGRADE_RATE: '1000000',
        // Hosts that a fuzz run makes up may be somebody's.
        REGISTRY_REACHABILITY: 'off',
      },
    })
    this.#command = command
    this.#ended = undefined
    void command.exit.then(({ code, signal }) => {
      this.#ended = `the registry ended: ${signal ?? code}\n${command.lines().slice(-3).join('\n')}`
    })
    await waitUntil(async () => (await this.#admin('/readyz')) === 'ready\n', {
      timeoutMs: PATIENCE_MS,
      what: 'ready',
    })
    const slow = await OtherClient.register(this.port, {
      token: SLOW_TOKEN,
      answering: (id) => {
        // Others have their turn before it is answered.
        void setImmediate().then(() => slow.say([`{"id":${id},"error":{"code":-32000,"message":"no port"}}`]))
        return []
      },
    })
    this.#witness = await OtherClient.register(this.port, { answering: (id) => [this.#nextAnswer(id)] })
  }

  /** Throws if the registry has ended, if it complained, or if it does not serve somebody who behaves. */
  async check(): Promise<void> {
    const witness = this.#witness
    try {
      if (witness === undefined || !witness.connected)
        throw new Error('the registrant that behaves was dropped')
      const before = this.#lastPort
      const found = await portOf(this.port, witness.token)
      // What it says now, or what it said within the second that an answer is kept.
      if (found !== before && found !== this.#lastPort) throw new Error(`port ${found} is not what it said`)
    } catch (error) {
      // If the process is ending, that is what is wrong.
      const ended =
        this.#command === undefined ? undefined : withDeadline(this.#command.exit, ENDING_MS, () => '')
      await ended?.catch(() => {})
      throw this.#ended === undefined ? error : new Error(this.#ended)
    }
  }

  /** Throws if the registry does not say that it lives, or if it wrote a complaint about itself. */
  async checkItself(): Promise<void> {
    if ((await this.#admin('/livez')) !== 'alive\n') throw new Error('/livez does not say that it lives')
    const complaints = (this.#command?.lines() ?? []).filter((line) =>
      /"level":"(error|fatal)"|a bug/.test(line),
    )
    if (complaints.length > 0) throw new Error(`the registry complains: ${complaints.join('\n')}`)
  }

  /** What it holds now. */
  async measureHeld(): Promise<RegistryHeld> {
    const metrics = await this.#admin('/metrics')
    const value = (name: string): number =>
      Number(new RegExp(`^puppet_registry_${name} (\\d+)$`, 'm').exec(metrics)?.[1])
    const files = readdirSync(`/proc/${this.#command?.pid}/fd`).length
    return { registrants: value('registrants'), tokens: value('tokens'), files }
  }

  /** Its memory without garbage. */
  held(): Promise<Held> {
    return heldBy(this.#inspectorPort)
  }

  /** Tells it to end; resolves with its exit code. */
  async end(): Promise<number | null> {
    const command = this.#command
    if (command === undefined) return null
    command.kill('SIGTERM')
    return (await withDeadline(command.exit, PATIENCE_MS, () => 'the registry to end')).code
  }

  #nextAnswer(id: number): string {
    this.#lastPort = 10_000 + ((this.#lastPort + 1) % 50_000)
    const payload = { jsonrpc: '2.0', id, result: this.#lastPort }
    return JSON.stringify({ name: 'jsonrpc', payload })
  }

  async #admin(path: string): Promise<string> {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const answer = await fetch(`http://127.0.0.1:${this.#adminPort}${path}`, {
      signal,
      headers: { connection: 'close' },
    })
    return answer.text()
  }
}
