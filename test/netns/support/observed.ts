import type { Command, Peer } from '../../support/child.ts'
import { waitUntil } from '../../support/wait.ts'
import { TOKEN } from './token.ts'

/** An answer of discovery that differs from the one before, and when it came (`Date.now()`). */
export interface Change {
  readonly atMs: number
  /** The status and the body. */
  readonly answer: string
}

/** A process with HTTP endpoints in a namespace, asked there by a process beside it. */
export class Observed {
  readonly #observer: Peer
  readonly #base: string
  readonly #command: Command | undefined

  constructor(observer: Peer, port: number, command?: Command) {
    this.#observer = observer
    this.#base = `http://127.0.0.1:${port}`
    this.#command = command
  }

  get(path: string): Promise<{ status: number; text: string }> {
    return this.#observer.ask('get', { url: this.#base + path })
  }

  /** A metric of the sidecar without its prefix; of all labels together where none is given. 0 if it is not there. */
  async metric(name: string): Promise<number> {
    const { text } = await this.get('/metrics')
    const lines = text.split('\n').filter((line) => line.startsWith(`puppet_registrar_${name}`))
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
  }

  /** Waits until a metric is at least so much; resolves with the milliseconds since `sinceMs` (`Date.now()`). */
  async reaches(name: string, least: number, sinceMs: number, timeoutMs: number): Promise<number> {
    const what = `${name} to be ${least}`
    await waitUntil(async () => (await this.metric(name)) >= least, { timeoutMs, what }).catch((error) => {
      throw new Error(`${error.message}\n${this.#command?.output() ?? ''}`)
    })
    return Date.now() - sinceMs
  }

  /** What a client is told. */
  async discover(): Promise<string> {
    const { status, text } = await this.get(`/v0/hosties/${TOKEN}`)
    return status === 200 ? place(text) : String(status)
  }

  /** From now on clients ask every 25 ms. */
  watchDiscovery(): Promise<void> {
    return this.#observer.ask('watch', { url: `${this.#base}/v0/hosties/${TOKEN}`, everyMs: 25 })
  }

  /** What they were told, in order, each answer that differs from the last. */
  async answers(): Promise<Change[]> {
    const changes = await this.#observer.ask<Change[]>('changes')
    return changes.map(({ atMs, answer }) => {
      const found = answer.startsWith('200 ')
      return { atMs, answer: found ? place(answer.slice(4)) : answer.slice(0, 3) }
    })
  }

  /** Waits for the first answer from `sinceMs` on that is as wanted; resolves with the milliseconds since. */
  async answered(wanted: string, sinceMs: number, timeoutMs: number): Promise<number> {
    let last: Change[] = []
    const change = await waitUntil(
      async () => {
        last = await this.answers()
        const current = last.at(-1)
        return (
          current?.answer === wanted && last.find(({ atMs, answer }) => atMs >= sinceMs && answer === wanted)
        )
      },
      { timeoutMs, what: `clients to be told ${wanted}` },
    ).catch((error) => {
      throw new Error(`${error.message}; told: ${JSON.stringify(last)}\n${this.#command?.output() ?? ''}`)
    })
    return change.atMs - sinceMs
  }
}

function place(body: string): string {
  const { host, port } = JSON.parse(body)
  return `${host}:${port}`
}
