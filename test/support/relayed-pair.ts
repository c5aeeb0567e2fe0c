import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createSecureContext, TLSSocket, connect as tlsConnect } from 'node:tls'
import { type RelayEnd, type RelayResult, relay, reset } from '../../src/connect/relay.ts'
import { type CertificateFiles, createAuthority } from './certificates.ts'
import { waitUntil } from './wait.ts'

/** A bot or a puppet, at the outer end of a connection that is carried. */
export class OuterEnd {
  readonly socket: Socket
  readonly tcp: Socket
  received = 0
  readonly #hash = createHash('sha256')
  #told: 'closed' | 'reset' | undefined

  constructor({ socket, tcp }: RelayEnd) {
    this.socket = socket
    this.tcp = tcp
    socket.on('data', (chunk) => {
      this.received += chunk.length
      this.#hash.update(chunk)
    })
    socket.once('end', () => {
      // Node.js 20 and 22 may say this of a reset too: then there is no peer any more.
      const isReset = !socket.writableEnded && tcp.remoteAddress === undefined
      setImmediate(() => {
        this.#told ??= isReset ? 'reset' : 'closed'
      })
    })
    socket.on('error', () => {
      this.#told ??= 'reset'
    })
  }

  /** How the other end is told to have ended; undefined: it has not. */
  get told(): 'closed' | 'reset' | undefined {
    return this.#told
  }

  checksum(): string {
    return this.#hash.copy().digest('hex')
  }

  /** Writes at the pace at which it is taken; resolves when all is handed over. */
  async write(bytes: Buffer, chunkBytes = 64 * 1024): Promise<void> {
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      if (!this.socket.write(bytes.subarray(at, at + chunkBytes))) await once(this.socket, 'drain')
    }
  }

  end(): void {
    this.socket.end()
  }

  reset(): void {
    this.tcp.resetAndDestroy()
  }

  untilReceived(bytes: number, timeoutMs = 20_000): Promise<unknown> {
    const what = `${bytes} bytes to arrive, of which ${this.received}`
    return waitUntil(() => this.received >= bytes, { timeoutMs, what })
  }

  untilTold(): Promise<'closed' | 'reset'> {
    return waitUntil(() => this.#told, { timeoutMs: 20_000, what: 'an end to be told' })
  }
}

export interface RelayedPair {
  readonly bot: OuterEnd
  readonly puppet: OuterEnd
  /** The two ends between them. */
  readonly inner: { readonly bot: RelayEnd; readonly puppet: RelayEnd }
  readonly result: Promise<RelayResult>
}

export type Leg = 'plaintext' | 'TLS'

let files: Promise<CertificateFiles> | undefined

async function certificate(): Promise<CertificateFiles> {
  files ??= createAuthority().then((authority) => authority.issue(['dns:localhost']))
  return files
}

/** Two connections over 127.0.0.1, and the relay between them. */
export async function relayedPair(
  toBot: Leg = 'plaintext',
  toPuppet: Leg = 'plaintext',
): Promise<RelayedPair> {
  const [outerBot, innerBot] = await connection(toBot)
  const [innerPuppet, outerPuppet] = await connection(toPuppet)
  const inner = { bot: innerBot, puppet: innerPuppet }
  return {
    bot: new OuterEnd(outerBot),
    puppet: new OuterEnd(outerPuppet),
    inner,
    result: relay(innerBot, innerPuppet),
  }
}

/** Ends whatever is left. */
export function endPair({ bot, puppet, inner }: RelayedPair): void {
  for (const { tcp } of [bot, puppet]) tcp.destroy()
  for (const end of [inner.bot, inner.puppet]) reset(end)
}

/** Both ends of one connection: the client's, and the server's. */
async function connection(leg: Leg): Promise<readonly [RelayEnd, RelayEnd]> {
  const server = createServer({ allowHalfOpen: true, noDelay: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection')
  const { port } = server.address() as AddressInfo
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  const [[served]] = (await Promise.all([accepted, once(client, 'connect')])) as [[Socket], unknown]
  server.close()
  for (const socket of [client, served]) socket.on('error', () => {})
  if (leg === 'plaintext')
    return [
      { socket: client, tcp: client },
      { socket: served, tcp: served },
    ]
  const { certFile, keyFile } = await certificate()
  const secureContext = createSecureContext({ cert: readFileSync(certFile), key: readFileSync(keyFile) })
  const inside = new TLSSocket(served, { isServer: true, secureContext })
  const outside = tlsConnect({ socket: client, rejectUnauthorized: false })
  for (const socket of [inside, outside]) socket.on('error', () => {})
  await Promise.all([once(inside, 'secure'), once(outside, 'secureConnect')])
  return [
    { socket: outside, tcp: client },
    { socket: inside, tcp: served },
  ]
}
