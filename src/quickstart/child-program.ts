import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface ChildProgramOptions {
  readonly command: readonly [string, ...string[]]
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>
  /** Hears each line that it prints. */
  readonly onLine: (line: string) => void
}

/** A program that the story has started. */
export class ChildProgram {
  readonly #child: ChildProcess
  readonly #ended: Promise<void>
  #problem: string | undefined
  #lastLine = ''

  constructor({ command: [file, ...args], env, onLine }: ChildProgramOptions) {
    this.#child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream === null) continue
      createInterface({ input: stream }).on('line', (line) => {
        this.#lastLine = line
        onLine(line)
      })
    }
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error: NodeJS.ErrnoException) => {
        this.#problem = error.code ?? error.message
        resolve()
      })
      this.#child.once('close', () => {
        this.#problem ??= this.#lastLine
        resolve()
      })
    })
  }

  /** Undefined while it runs. Else why it could not be started (`ENOENT`: there is none), or the last line that it printed. */
  get problem(): string | undefined {
    return this.#problem
  }

  /** As a power cut ends it (SIGKILL): it says goodbye to nobody. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}
