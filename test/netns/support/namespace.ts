import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
/** How long a program may take that changes something, in milliseconds. */
const TIMEOUT_MS = 10_000
/** Says whose run a namespace belongs to; `whole-run.ts` sees to the end of them all. */
const PREFIX = process.env.NETNS_PREFIX ?? ''
/** `ip netns exec` shows the files of a folder in here that has the namespace's name instead of those in /etc. */
const FILES = '/etc/netns'
const made = new Set<Namespace>()

/** A network namespace of its own: nothing but a loopback interface, and no way out. */
export class Namespace {
  readonly name: string

  private constructor(name: string) {
    this.name = name
  }

  /** Makes one; `role` is a word for people who look at the list. */
  static async make(role: string): Promise<Namespace> {
    const name = `${PREFIX}${role}`
    await run('ip', ['netns', 'add', name], { timeout: TIMEOUT_MS })
    const namespace = new Namespace(name)
    made.add(namespace)
    await namespace.ip('link', 'set', 'lo', 'up')
    return namespace
  }

  /** The names of hosts in here, as /etc/hosts has them; no name server is asked. */
  async hosts(text: string): Promise<void> {
    await mkdir(`${FILES}/${this.name}`, { recursive: true })
    await writeFile(`${FILES}/${this.name}/hosts`, text)
    await writeFile(`${FILES}/${this.name}/resolv.conf`, '')
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

  /** Takes it away, with its interfaces, rules and processes. */
  async remove(): Promise<void> {
    // A namespace lives on while a process is in it: those in ours are ours.
    const { stdout } = await run('ip', ['netns', 'pids', this.name])
    for (const pid of stdout.split('\n').filter(Boolean)) kill(Number(pid))
    await run('ip', ['netns', 'delete', this.name])
    await rm(`${FILES}/${this.name}`, { recursive: true, force: true })
    made.delete(this)
  }
}

/** Removes every namespace that this process made, with its interfaces, rules and processes. */
export async function removeNamespaces(): Promise<void> {
  for (const namespace of made) await namespace.remove()
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}
