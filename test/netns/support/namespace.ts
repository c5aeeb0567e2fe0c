import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
/** How long a program may take that changes something, in milliseconds. */
const TIMEOUT_MS = 10_000
/** With the run that it belongs to, by the id of its process: what is left of one that was killed is known by that. */
const PREFIX = 'puppet-registrar-'
const NAME = /^puppet-registrar-(\d+)-\S+$/

/** The process of the run: what `whole-run.ts` says, which sees to its end. */
const RUN = process.env.NETNS_RUN ?? String(process.pid)

/** A network namespace of its own: nothing but a loopback interface, and no way out. */
export class Namespace {
  readonly name: string

  private constructor(name: string) {
    this.name = name
  }

  /** Makes one; `role` is a word for people who look at the list. */
  static async make(role: string): Promise<Namespace> {
    const name = `${PREFIX}${RUN}-${role}`
    await run('ip', ['netns', 'add', name], { timeout: TIMEOUT_MS })
    const namespace = new Namespace(name)
    await namespace.ip('link', 'set', 'lo', 'up')
    return namespace
  }

  /** `ip` in here: addresses, links, routes. */
  async ip(...args: readonly string[]): Promise<void> {
    await run('ip', ['-n', this.name, ...args], { timeout: TIMEOUT_MS })
  }

  /** Runs a program in here to its end, and resolves with what it printed. */
  async run(file: string, ...args: readonly string[]): Promise<string> {
    const command = ['netns', 'exec', this.name, file, ...args]
    return (await run('ip', command, { timeout: TIMEOUT_MS })).stdout
  }

  /** The first packet filter that a packet meets. Resolves with a function that takes the rule away again. */
  async rule(chain: string, ...rule: readonly string[]): Promise<() => Promise<void>> {
    await this.run('iptables', '--wait', '--insert', chain, ...rule)
    return async () => void (await this.run('iptables', '--wait', '--delete', chain, ...rule))
  }

  /** The remote ports of the connections that a port of this namespace has now. */
  async remotePorts(localPort: number): Promise<number[]> {
    const filter = ['state', 'established', `( sport = :${localPort} )`]
    const lines = (await this.run('ss', '--no-header', '--tcp', '--numeric', ...filter)).trim().split('\n')
    return lines.filter(Boolean).map((line) => Number(/:(\d+)\s*$/.exec(line)?.[1]))
  }
}

/** Removes every namespace of this run, and of runs that are over, with their interfaces, rules and processes. */
export function removeNamespaces(): void {
  for (const line of execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).split('\n')) {
    const [name = ''] = line.split(' ')
    const run = NAME.exec(name)?.[1]
    if (run !== undefined && (run === RUN || !isAlive(Number(run)))) remove(name)
  }
}

/** A namespace lives on while a process is in it: those in ours are ours. */
function remove(name: string): void {
  try {
    const pids = execFileSync('ip', ['netns', 'pids', name], { encoding: 'utf8' })
    for (const pid of pids.split('\n').filter(Boolean)) kill(Number(pid))
    execFileSync('ip', ['netns', 'delete', name], { stdio: 'pipe' })
  } catch {
    // It is gone.
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
