import { type Command, startProgram } from '../../support/child.ts'
import { withDeadline } from '../../support/wait.ts'
import type { Remedy } from './doctor.ts'
import { enter, type Machine, productOn } from './machine.ts'

const END_MS = 10_000
const ASSIGNMENT = /^([A-Z][A-Z0-9_]*)=(.*)$/
/** What counts for the programs that this shell starts, and for nothing else. */
const OF_THE_SHELL = /^ulimit /

/** What is typed, and what this does where the tests have no such program: a service manager, a Docker engine. */
export type Programs = Readonly<Record<string, (operator: Operator) => unknown>>

/** Who runs the sidecar: with an environment, on a machine. Types what a remedy says, and starts the sidecar again where that is needed. */
export class Operator {
  env: Readonly<Record<string, string>>
  machine: Machine
  readonly #programs: Programs
  #sidecar: Command | undefined
  #startedWith = ''

  constructor(env: Readonly<Record<string, string>>, machine: Machine, programs: Programs = {}) {
    this.env = env
    this.machine = machine
    this.#programs = programs
  }

  startSidecar(): Command {
    this.#startedWith = this.#settings()
    this.#sidecar = this.run(['run'])
    return this.#sidecar
  }

  /** Waits for a line of its log. */
  async sidecarSays(match: RegExp): Promise<void> {
    await this.#sidecar?.line(match)
  }

  /** Ends it, and starts it with what is set now: where that has changed, or the sidecar has ended. */
  async restartSidecar(): Promise<void> {
    const sidecar = this.#sidecar
    if (sidecar === undefined) return
    const ended = await Promise.race([sidecar.exit, undefined])
    if (ended === undefined && this.#startedWith === this.#settings()) return
    sidecar.kill('SIGCONT')
    sidecar.kill('SIGTERM')
    await withDeadline(sidecar.exit, END_MS, () => 'the sidecar to end')
    this.startSidecar()
  }

  /** Runs a command of the product as the sidecar is run. */
  run(args: readonly string[]): Command {
    const [file = '', ...rest] = productOn(this.machine, args)
    return startProgram(file, rest, this.env)
  }

  set(name: string, value: string): void {
    const { [name]: _, ...others } = this.env
    this.env = value === '' ? others : { ...others, [name]: value }
  }

  /** Types the lines of a remedy as they stand, the commands on a machine that may be another one. */
  async type({ type = '' }: Remedy, typedAt: Machine = this.machine): Promise<void> {
    for (const line of type.split('\n')) {
      const [, name, value = ''] = ASSIGNMENT.exec(line) ?? []
      if (name !== undefined) this.set(name, value)
      else if (line === 'puppet-registrar run') this.startSidecar()
      else if (this.#programs[line] !== undefined) await this.#programs[line](this)
      // In a new shell: one cannot raise a limit that it has lowered.
      else if (OF_THE_SHELL.test(line)) this.machine = { ...this.machine, shell: [line] }
      else await this.#command(line, typedAt)
    }
  }

  async #command(line: string, at: Machine): Promise<void> {
    const [file = '', ...rest] = [...enter(at), 'bash', '-c', line]
    const command = startProgram(file, rest, this.env)
    const { code } = await withDeadline(command.exit, END_MS, () => `\`${line}\` to end`)
    if (code !== 0) throw new Error(`\`${line}\` ended with ${code}: ${command.output()}`)
  }

  #settings(): string {
    return JSON.stringify([this.env, this.machine])
  }
}
