import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { discover } from '../support/discover.ts'
import { withDeadline } from '../support/wait.ts'
import type { Json } from './events.ts'

/** A client waits 10 s at least; a registry that answers later is as good as gone. */
const PATIENCE_MS = 10_000

/** Says what to answer to a question, given as its id; empty: nothing. */
export type Answering = (id: number) => readonly Json[]

/** A registrant that behaves, with what it says to questions in the hands of who made it. */
export class OtherClient {
  readonly token: string
  readonly #socket: WebSocket

  private constructor(token: string, socket: WebSocket) {
    this.token = token
    this.#socket = socket
  }

  /** Connects; resolves when it is registered. */
  static async register(
    port: number,
    {
      token = `insecure_${randomUUID()}`,
      offered = '',
      answering,
    }: { token?: string; offered?: string; answering: Answering },
  ): Promise<OtherClient> {
    const url = `ws://127.0.0.1:${port}/v0/websocket/token/${encodeURIComponent(token)}`
    const socket = new WebSocket(url, [`io|0.0.1|fuzz|127.0.0.9|${offered}`], { perMessageDeflate: false })
    const other = new OtherClient(token, socket)
    const registered = new Promise<void>((resolve, reject) => {
      socket.on('error', reject)
      socket.on('close', () => reject(new Error('closed before it was registered')))
      socket.on('message', (data) => {
        const { name, payload } = JSON.parse(data.toString())
        if (name === 'sys' && payload === 'registered') resolve()
        if (name !== 'jsonrpc') return
        for (const answer of answering(payload.id))
          if (socket.readyState === WebSocket.OPEN) socket.send(answer)
      })
    })
    await withDeadline(registered, PATIENCE_MS, () => 'a registrant to be registered')
    return other
  }

  get connected(): boolean {
    return this.#socket.readyState === WebSocket.OPEN
  }

  /** Sends frames of any text. */
  say(texts: readonly Json[]): void {
    for (const text of texts) if (this.connected) this.#socket.send(text)
  }

  async leave(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return
    const closed = once(this.#socket, 'close')
    this.#socket.close(1000)
    await withDeadline(closed, PATIENCE_MS, () => 'the close of a registrant')
  }
}

/** Discovers a token: the port, or undefined where there is none. Anything but a proper answer is an error. */
export async function portOf(registryPort: number, token: string): Promise<number | undefined> {
  const registryUrl = `http://127.0.0.1:${registryPort}`
  const { status, body } = await discover({
    registryUrl,
    token: encodeURIComponent(token),
    timeoutMs: PATIENCE_MS,
  })
  const { host, ip, port } = body as { host: string; ip: string; port: number }
  if (status === 404 && host === '0.0.0.0' && ip === '0.0.0.0' && port === 0) return undefined
  if (status === 200 && host === '127.0.0.9' && ip === '127.0.0.9') return port
  throw new Error(`a discovery was answered with ${status} ${JSON.stringify(body)}`)
}
