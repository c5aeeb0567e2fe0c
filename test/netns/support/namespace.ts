import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
/** How long a program may take that changes something, in milliseconds. */
const TIMEOUT_MS = 10_000
const PREFIX = 'puppet-registrar-'
/** With the process that made it: what is left of one that was killed is known by that. */
const NAME = /^puppet-registrar-(\d+)-\S+$/

const made = new Set<string>()

/** A network namespace of its own: nothing but a loopback interface, and no way out. */
export class Namespace {
  readonly name: string

  private constructor(name: string) {
    this.name = name
  }

  /** Makes one; `role` is a word for people who look at the list. */
  static async make(role: string): Promise<Namespace> {
    if (made.size === 0) {
      process.once('exit', removeNamespaces)
      removeLeftovers()
    }
    const name = `${PREFIX}${process.pid}-${role}`
    made.add(name)
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

/** Removes every namespace that this process made, with its interfaces, rules and processes. */
export function removeNamespaces(): void {
  for (const name of made) remove(name)
  made.clear()
}

/** A process that was killed could not remove its own. */
function removeLeftovers(): void {
  for (const line of execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).split('\n')) {
    const [name = ''] = line.split(' ')
    const maker = NAME.exec(name)?.[1]
    if (maker !== undefined && !isAlive(Number(maker))) remove(name)
  }
}

/** A namespace lives on while a process is in it: those in ours are ours. */
function remove(name: string): void {
  try {
    const pids = execFileSync('ip', ['netns', 'pids', name], { encoding: 'utf8' })
    for (const pid of pids.split('\n').filter(Boolean)) kill(Number(pid))
    execFileSync('ip', ['netns', 'delete', name], { stdio: 'pipe' })
  } catch {
    // It was never made, or it is gone.
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
