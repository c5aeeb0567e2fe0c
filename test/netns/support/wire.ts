import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { withDeadline } from '../../support/wait.ts'
import type { Namespace } from './namespace.ts'

const SCRIPT = fileURLToPath(new URL('wire.py', import.meta.url))
const TIMEOUT_MS = 10_000

/** Where a wire ends. */
export interface WireEnd {
  readonly namespace: Namespace
  /** The interface it makes there; at most 15 characters. */
  readonly device: string
  /** IPv4. */
  readonly address: string
}

/** What happens to packets, both ways alike. What is left out is 0. */
export interface WireQuality {
  readonly lossPercent?: number
  readonly delayMs?: number
  /** How much the delay is more or less. */
  readonly jitterMs?: number
  /** How many are not delayed, and so overtake others. */
  readonly reorderPercent?: number
}

/** How many packets, both ways. */
export interface WireCounts {
  readonly passed: number
  readonly lost: number
  readonly reordered: number
}

/** A wire between two namespaces whose quality can be changed at any time. At first it is perfect. */
export class Wire {
  readonly #child: ChildProcess
  readonly #answers: AsyncIterator<string>

  private constructor(child: ChildProcess) {
    this.#child = child
    if (child.stdout === null) throw new Error('a wire has to be heard')
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }

  static async between(one: WireEnd, other: WireEnd, seed: number): Promise<Wire> {
    const ends = [one, other].flatMap(({ namespace, device }) => [namespace.name, device])
    const child = spawn('python3', [SCRIPT, String(seed), ...ends], { stdio: ['pipe', 'pipe', 'inherit'] })
    const wire = new Wire(child)
    await wire.#answer()
    for (const [near, far] of [
      [one, other],
      [other, one],
    ] as const) {
      await near.namespace.ip('address', 'add', near.address, 'peer', far.address, 'dev', near.device)
      await near.namespace.ip('link', 'set', near.device, 'up')
    }
    return wire
  }

  /** Changes the quality; resolves when it is in force, with what was counted since the last change. */
  async set(quality: WireQuality): Promise<WireCounts> {
    this.#child.stdin?.write(`${JSON.stringify(quality)}\n`)
    return JSON.parse(await this.#answer())
  }

  /** From now on every packet is lost, both ways, without a word. */
  cut(): Promise<WireCounts> {
    return this.set({ lossPercent: 100 })
  }

  heal(): Promise<WireCounts> {
    return this.set({})
  }

  /** Takes the wire away, with both interfaces. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exit = once(this.#child, 'exit')
    this.#child.stdin?.end()
    await withDeadline(exit, TIMEOUT_MS, () => 'the wire to end').catch(() => this.#child.kill('SIGKILL'))
  }

  async #answer(): Promise<string> {
    const { value } = await withDeadline(this.#answers.next(), TIMEOUT_MS, () => 'the wire to answer')
    if (value === undefined) throw new Error('the wire has ended')
    return value
  }
}
