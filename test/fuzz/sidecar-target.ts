import { readdirSync } from 'node:fs'
import { freePort } from '../support/free-port.ts'
import { allRegistered, type Sidecar, startSidecar } from '../support/sidecar.ts'
import { withDeadline } from '../support/wait.ts'
import { type Held, heldBy, inspected } from './heap.ts'

/** How long an answer of the endpoints, or the end, may take. */
const PATIENCE_MS = 10_000
/** How long a process that does not answer any more may take to be gone. */
const ENDING_MS = 2000
/** A puppet that went up and down is held back for a minute at most, and a token is not tried more seldom. */
const RECOVERY_MS = 90_000
/** What it says loudly of a puppet that refuses tokens is no complaint about itself. */
const ABOUT_OTHERS = /THE PUPPET REFUSES/

/** A sidecar in a process of its own, between peers that are hostile at times. */
export class SidecarTarget {
  readonly #sidecar: Sidecar
  readonly #inspectorPort: number
  readonly #tokens: readonly string[]
  #ended: string | undefined

  private constructor(sidecar: Sidecar, inspectorPort: number, tokens: readonly string[]) {
    this.#sidecar = sidecar
    this.#inspectorPort = inspectorPort
    this.#tokens = tokens
    void sidecar.command.exit.then(({ code, signal }) => {
      const words = sidecar.command.lines('stderr').slice(0, 20)
      this.#ended = ['the sidecar ended:', signal ?? code, ...words].join('\n')
    })
  }

  static async create(
    tokens: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<SidecarTarget> {
    const inspectorPort = await freePort()
    const sidecar = await startSidecar({
      ...inspected(inspectorPort),
      WECHATY_TOKEN: tokens.join(','),
      REGISTRAR_ADVERTISE_HOST: '127.0.0.9',
      // As often as it goes: each connection is a case.
      REGISTRAR_PROBE_INTERVAL: '20ms',
      REGISTRAR_PROBE_FAST_INTERVAL: '10ms',
      REGISTRAR_PROBE_TIMEOUT: '400ms',
      REGISTRAR_BACKOFF_MAX: '20ms',
      REGISTRAR_CONNECT_RATE: '1000',
      ...env,
    })
    const target = new SidecarTarget(sidecar, inspectorPort, tokens)
    await target.recover()
    return target
  }

  /** Waits until all is registered: nothing that has happened may keep it from that. */
  async recover(): Promise<void> {
    await this.#sidecar.until('every token to be registered', allRegistered, RECOVERY_MS)
  }

  /** Whether it has ended. */
  get isGone(): boolean {
    return this.#ended !== undefined
  }

  /** Throws if it has ended, does not answer, complains about itself, or has told a token. */
  async check(): Promise<void> {
    const answered = await this.#ask().catch(async (error) => {
      // If the process is ending, that is what is wrong.
      await withDeadline(this.#sidecar.command.exit, ENDING_MS, () => '').catch(() => {})
      throw this.#ended === undefined ? error : new Error(this.#ended)
    })
    if (answered[0]?.status !== 200) throw new Error('/livez does not say that it lives')
    const lines = this.#sidecar.command.lines()
    const complaints = lines.filter(
      (line) => /"level":"(error|fatal)"|a bug/.test(line) && !ABOUT_OTHERS.test(line),
    )
    if (complaints.length > 0) throw new Error(`it complains: ${complaints.slice(0, 5).join('\n')}`)
    const shown = [...lines, ...answered.map(({ text }) => text)]
    const leak = shown.find((text) => this.#tokens.some((token) => text.includes(token)))
    if (leak !== undefined) throw new Error(`a token is shown: ${leak}`)
    // A control character would reach somebody's terminal.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
    const raw = shown.find((text) => /[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(text))
    if (raw !== undefined) throw new Error(`a control character is shown: ${JSON.stringify(raw)}`)
  }

  #ask(): Promise<readonly { status: number; text: string }[]> {
    return withDeadline(
      Promise.all(
        ['/livez', '/status', '/readyz?verbose', '/metrics'].map((path) => this.#sidecar.get(path)),
      ),
      PATIENCE_MS,
      () => 'the endpoints to answer',
    )
  }

  get files(): number {
    return readdirSync(`/proc/${this.#sidecar.command.pid}/fd`).length
  }

  /** Its memory without garbage. */
  held(): Promise<Held> {
    return heldBy(this.#inspectorPort)
  }

  /** Tells it to end; resolves with its exit code. */
  async end(): Promise<number | null> {
    const { command } = this.#sidecar
    command.kill('SIGTERM')
    return (await withDeadline(command.exit, PATIENCE_MS, () => 'the sidecar to end')).code
  }
}
