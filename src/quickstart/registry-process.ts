import { isObject, parseJson } from '../protocol/envelope.ts'
import { ChildProgram } from './child-program.ts'

export interface RegistryProcessOptions {
  readonly name: string
  /** What runs this program, before its command. */
  readonly program: readonly [string, ...string[]]
  readonly natsUrl: string
}

/** A registry of a cluster as a process of its own, on loopback and a free port. What it does is read from its log. */
export class RegistryProcess {
  readonly name: string
  readonly #program: ChildProgram
  readonly #others = new Set<unknown>()
  #port = 0
  #hasRegistrant = false

  constructor({ name, program, natsUrl }: RegistryProcessOptions) {
    this.name = name
    this.#program = new ChildProgram({
      command: [...program, 'registry'],
      env: {
        REGISTRY_LISTEN_HOST: '127.0.0.1',
        REGISTRY_LISTEN_PORT: '0',
        REGISTRY_ADMIN_PORT: '0',
        REGISTRY_NATS_URL: natsUrl,
        LOG_FORMAT: 'json',
      },
      onLine: (line) => this.#read(parseJson(line)),
    })
  }

  /** 0 while it does not listen yet. */
  get port(): number {
    return this.#port
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.#port}`)
  }

  /** How many other registries it knows, or has known. */
  get others(): number {
    return this.#others.size
  }

  /** Whether a puppet has been registered here. */
  get hasRegistrant(): boolean {
    return this.#hasRegistrant
  }

  /** Why it does not run; undefined if it does. */
  get problem(): string | undefined {
    return this.#program.problem
  }

  kill(): Promise<void> {
    return this.#program.kill()
  }

  #read(line: unknown): void {
    if (!isObject(line)) return
    if (line.msg === 'registry listens') this.#port = Number(line.port)
    if (line.msg === 'registered') this.#hasRegistrant = true
    // Each line about another registry names it.
    if (line.node !== undefined) this.#others.add(line.node)
  }
}
