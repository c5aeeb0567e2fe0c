import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import { type Registrant, RegistryPeers } from '../support/registry-peers.ts'
import { elapsed, waitUntil, withDeadline } from '../support/wait.ts'

/** Where the honest are; nobody else comes from there. */
const REGISTRANT = '127.0.0.200'
const CLIENT = '127.0.0.201'
const NEWCOMER = '127.0.0.202'
const PATIENCE_MS = 10_000
/** How often the honest client asks, and how often an honest registrant comes anew; in milliseconds. */
const ASK_MS = 10
const NEWCOMER_MS = 500

/** What the honest met. */
export interface Met {
  /** How long each discovery took, in milliseconds. */
  readonly tookMs: readonly number[]
  readonly newcomers: number
  /** What went wrong, in words. */
  readonly troubles: readonly string[]
}

/** Somebody who registers and somebody who asks, as one would who knows nothing of the siege. */
export class Honest {
  readonly #peers: RegistryPeers
  readonly #port: number
  readonly #registrant: Registrant
  readonly #troubles: string[] = []
  #lastToken = 0

  private constructor(peers: RegistryPeers, registrant: Registrant) {
    this.#peers = peers
    this.#port = peers.port
    this.#registrant = registrant
    void registrant.closed.then(({ code }) => this.#troubles.push(`the registrant was closed with ${code}`))
  }

  static async come(port: number): Promise<Honest> {
    const peers = new RegistryPeers(port)
    return new Honest(
      peers,
      await peers.register({ token: 'insecure_honest', from: REGISTRANT, answers: 8788 }),
    )
  }

  /** Asks on new connections, one after the other, and registers anew now and then. */
  async live(ms: number): Promise<Met> {
    const took: number[] = []
    let newcomers = 0
    this.#troubles.length = 0
    const since = elapsed()
    let nextNewcomer = 0
    while (since() < ms) {
      took.push(await this.#ask('insecure_honest', CLIENT))
      if (since() >= nextNewcomer) {
        nextNewcomer = since() + NEWCOMER_MS
        newcomers += 1
        await this.#comeAnew()
      }
      await pause(ASK_MS)
    }
    return { tookMs: took, newcomers, troubles: [...this.#troubles] }
  }

  /** Whether a client at an address is told of a registrant who has to be asked first. */
  async isServed(address: string): Promise<boolean> {
    const before = this.#troubles.length
    await this.#comeAnew(address)
    return this.#troubles.splice(before).length === 0
  }

  leave(): void {
    this.#troubles.length = 0
    this.#registrant.socket.close(1000)
    this.#peers.end()
  }

  /** Gives the milliseconds that it took. */
  async #ask(token: string, localAddress: string): Promise<number> {
    const since = elapsed()
    try {
      const sent = request({
        port: this.#port,
        host: '127.0.0.1',
        path: `/v0/hosties/${token}`,
        localAddress,
        agent: false,
      })
      sent.end()
      const [response] = await withDeadline(once(sent, 'response'), PATIENCE_MS, () => 'an answer')
      response.resume()
      if (response.statusCode !== 200)
        this.#troubles.push(`a discovery was answered with ${response.statusCode}`)
    } catch (error) {
      this.#troubles.push(`a discovery failed: ${error instanceof Error ? error.message : error}`)
    }
    return since()
  }

  async #comeAnew(client = CLIENT): Promise<void> {
    this.#lastToken += 1
    const token = `insecure_honest-${this.#lastToken}`
    try {
      const { socket } = await this.#peers.register({ token, from: NEWCOMER, answers: 8788 })
      await this.#ask(token, client)
      if (socket.readyState !== WebSocket.OPEN) this.#troubles.push('a new registrant was closed')
      socket.close(1000)
    } catch (error) {
      this.#troubles.push(`a new registrant was refused: ${error instanceof Error ? error.message : error}`)
    }
  }
}

export interface Attack {
  readonly attack: 'silent' | 'idle' | 'registrants' | 'unfinished' | 'talkative' | 'pipelined'
  readonly addresses: readonly string[]
  readonly count: number
  /** Events of each registrant that is talkative. */
  readonly perSecond?: number
}

/** So many addresses that are nobody else's. */
export const addresses = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `127.0.1.${index + 1}`)

/** The attackers, in a process of their own. */
export class Attackers {
  readonly #child: ChildProcess

  constructor(port: number, attacks: readonly Attack[]) {
    this.#child = fork(fileURLToPath(new URL('./attacker.mjs', import.meta.url)), { execArgv: [] })
    for (const attack of attacks) this.#child.send({ ...attack, port })
  }

  /** How many connections were opened and ended, and how many are open. */
  async counts(): Promise<{ opened: number; ended: number; open: number }> {
    const answer = once(this.#child, 'message')
    this.#child.send({ ask: true })
    return (await withDeadline(answer, PATIENCE_MS, () => 'the attackers'))[0]
  }

  async until(what: string, wanted: (counts: { opened: number; open: number }) => boolean): Promise<void> {
    await waitUntil(async () => wanted(await this.counts()), { timeoutMs: 3 * PATIENCE_MS, what })
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const exit = once(this.#child, 'exit')
    this.#child.send({ stop: true })
    await withDeadline(exit, PATIENCE_MS, () => 'the attackers to end').catch(() =>
      this.#child.kill('SIGKILL'),
    )
  }
}

/** Most memory that a process has had, in MiB. */
export function peakMiB(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

/** A group for a process that may have so much memory, where this machine lets us make one; undefined where not. */
export function memoryGroup(
  bytes: number,
): { readonly file: string; readonly remove: () => void } | undefined {
  const folder = `/sys/fs/cgroup/memory/puppet-registrar-siege-${process.pid}`
  try {
    mkdirSync(folder)
    writeFileSync(`${folder}/memory.limit_in_bytes`, String(bytes))
    return { file: `${folder}/cgroup.procs`, remove: () => rmdirSync(folder) }
  } catch {
    return undefined
  }
}
