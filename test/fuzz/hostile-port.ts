import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import type { Bytes } from './bytes.ts'

/** What a hostile server says on one connection. */
export interface Part {
  /** `{token}`, `{accept}` and `{protocol}` stand for what the client sent, or what is the right answer to it. */
  readonly bytes: Bytes
  /** Whether it waits until the client has said something. */
  readonly waits: boolean
  /** Where the bytes are cut into writes of their own. */
  readonly cuts: readonly number[]
  readonly ending: 'half-close' | 'reset' | 'left open'
}

/** Connections that are left open meanwhile; the oldest is broken for the next. */
const LEFT_OPEN = 50

/** Bytes said in any number of pieces, with any ending. */
export function partOf(bytes: fc.Arbitrary<Bytes>): fc.Arbitrary<Part> {
  return fc.record<Part>({
    bytes,
    waits: fc.oneof(
      { weight: 8, arbitrary: fc.constant(true) },
      { weight: 1, arbitrary: fc.constant(false) },
    ),
    cuts: fc.oneof(fc.constant<number[]>([]), fc.array(fc.nat(2000), { maxLength: 8 })),
    ending: fc.oneof(
      { weight: 6, arbitrary: fc.constant<Part['ending']>('half-close') },
      { weight: 2, arbitrary: fc.constantFrom<Part['ending']>('reset', 'left open') },
    ),
  })
}

/** A port that says to each who comes the next of its parts, or stands for another port. */
export class HostilePort {
  readonly port: number
  /** Connections so far. */
  accepted = 0
  /** The last parts that were said, the newest last. */
  readonly said: Part[] = []
  readonly #server: Server
  readonly #open = new Set<Socket>()
  #parts: Part[] = []
  #target: number | undefined

  private constructor(server: Server) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (socket) => this.#meet(socket))
  }

  static async create(): Promise<HostilePort> {
    const server = createServer({ allowHalfOpen: true, noDelay: true })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new HostilePort(server)
  }

  /** How many of the parts nobody has heard yet. */
  get left(): number {
    return this.#parts.length
  }

  /** From now on these are said, after what is left; then connections are closed without a word. */
  say(parts: readonly Part[]): void {
    if (this.#target !== undefined) this.breakAll()
    this.#target = undefined
    this.#parts.push(...parts)
  }

  /** From now on it is nothing but a way to another port of 127.0.0.1. */
  standFor(port: number): void {
    this.breakAll()
    this.#parts = []
    this.#target = port
  }

  breakAll(): void {
    for (const socket of this.#open) socket.destroy()
  }

  async close(): Promise<void> {
    this.#server.close()
    this.breakAll()
    await once(this.#server, 'close')
  }

  #meet(socket: Socket): void {
    this.accepted += 1
    this.#open.add(socket)
    socket.on('close', () => this.#open.delete(socket))
    socket.on('error', () => socket.destroy())
    if (this.#target !== undefined) return join(socket, connect(this.#target, '127.0.0.1'))
    const part = this.#parts.shift()
    if (part === undefined) return void socket.destroy()
    this.said.push(part)
    if (this.said.length > 20) this.said.shift()
    void this.#play(socket, part)
  }

  async #play(socket: Socket, part: Part): Promise<void> {
    let request = ''
    socket.on('data', (chunk: Buffer) => {
      if (request.length < 4096) request += chunk.toString('latin1')
    })
    const closed = once(socket, 'close').catch(() => {})
    if (part.waits) await Promise.race([once(socket, 'data').catch(() => {}), closed])
    for (const piece of pieces({ ...part, bytes: filledIn(part.bytes, request) })) {
      if (!socket.writable) return
      const written = new Promise((resolve) => socket.write(piece, 'latin1', resolve))
      await Promise.race([written, closed])
      await setImmediate()
    }
    if (part.ending === 'reset') socket.resetAndDestroy()
    else if (part.ending === 'half-close') socket.end(() => socket.destroySoon())
    else if (this.#open.size > LEFT_OPEN) this.#open.values().next().value?.destroy()
  }
}

function join(one: Socket, other: Socket): void {
  one.on('close', () => other.destroy())
  other.on('close', () => one.destroy())
  other.on('error', () => other.destroy())
  one.pipe(other).pipe(one)
}

function filledIn(bytes: Bytes, request: string): Bytes {
  const header = (name: string): string => new RegExp(`^${name}: *(.*)\r$`, 'im').exec(request)?.[1] ?? ''
  return bytes
    .replaceAll('{token}', header('authorization').replace(/^\S+ /, ''))
    .replaceAll('{accept}', acceptOf(header('sec-websocket-key')))
    .replaceAll('{protocol}', header('sec-websocket-protocol'))
}

/** The answer to a key (RFC 6455 §4.2.2). */
function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
}

function pieces({ bytes, cuts }: Part): Bytes[] {
  const at = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b)
  return [0, ...at]
    .map((from, index) => bytes.slice(from, at[index] ?? bytes.length))
    .filter((piece) => piece !== '')
}
