import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type IncomingHttpHeaders, request } from 'node:http'
import { WebSocket } from 'ws'
import { type Discovery, discover } from './discover.ts'
import { type RawPeer, rawPeer } from './raw-peer.ts'
import { waitUntil, withDeadline } from './wait.ts'

export const TOKEN = 'insecure_registry'
/** What discovery says of a token that nobody holds. */
export const NOT_FOUND = { status: 404, body: { host: '0.0.0.0', ip: '0.0.0.0', port: 0 } }
const PATIENCE_MS = 15_000

/** What discovery says of a registrant. */
export const found = (host: string, port: number): Discovery => ({
  status: 200,
  body: { host, ip: host, port },
})

/** What discovery says where somebody is registered who cannot be published. */
export const notFound = (reason: string): Discovery => ({
  status: 404,
  body: { ...NOT_FOUND.body, reason },
})

/** A question of the registry. */
export interface Asked {
  readonly id: number
  readonly method: string
}

export interface RegistrantOptions {
  /** The result that it answers each question with; without it, and without `reply`, it answers nothing. */
  readonly answers?: unknown
  /** The text that it answers a question with. */
  readonly reply?: (asked: Asked) => string
  /** Default: `TOKEN`. */
  readonly token?: string
  /** Default: `io` with port 4000 and without a host; empty: none. */
  readonly subprotocol?: string
  readonly path?: string
  /** Default: the token's. */
  readonly headers?: Readonly<Record<string, string | string[]>>
  /** Which of this machine's addresses to come from. */
  readonly from?: string
}

/** Somebody who holds a registration, by the library that registrants use. */
export interface Registrant {
  readonly socket: WebSocket
  /** Every text frame, in order. */
  readonly heard: string[]
  readonly asked: Asked[]
  /** What it was told in words, beyond acknowledgements. */
  advice(): string[]
  /** Answers the newest question. */
  answer(result: unknown): void
  /** The code and reason of the close. */
  readonly closed: Promise<{ code: number; reason: string }>
}

/** What somebody was told who was not let in. */
export interface Refused {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface PeersOptions {
  /** Default 127.0.0.1. */
  readonly host?: string
  /** The port speaks TLS, with a certificate of this authority (PEM). */
  readonly caFile?: string
}

export interface GetOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A JSON-RPC answer in the envelope that registrants use. */
export const inEnvelope = (message: Record<string, unknown>): string =>
  JSON.stringify({ name: 'jsonrpc', payload: { jsonrpc: '2.0', ...message } })

/** Everybody who talks to a registry, on one port. */
export class RegistryPeers {
  readonly port: number
  readonly #host: string
  readonly #caFile: string | undefined
  readonly #sockets: WebSocket[] = []
  readonly #raw: RawPeer[] = []

  constructor(port: number, { host = '127.0.0.1', caFile }: PeersOptions = {}) {
    this.port = port
    this.#host = host
    this.#caFile = caFile
  }

  /** Registers, and resolves when that is acknowledged. */
  async register(options: RegistrantOptions = {}): Promise<Registrant> {
    const socket = this.#dial(options)
    const heard: string[] = []
    const asked: Asked[] = []
    const reply =
      options.reply ??
      ('answers' in options
        ? ({ id }: Asked) => inEnvelope({ id, result: options.answers })
        : () => undefined)
    socket.on('message', (data) => {
      heard.push(data.toString())
      const { name, payload } = JSON.parse(data.toString())
      if (name !== 'jsonrpc') return
      asked.push(payload)
      const text = reply(payload)
      if (text !== undefined) socket.send(text)
    })
    let trouble = ''
    socket.on('error', ({ message }) => {
      trouble = message
    })
    const closed = new Promise<{ code: number; reason: string }>((resolve) => {
      socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }))
    })
    const acknowledged = (): boolean => heard.length > 0 || trouble !== ''
    await waitUntil(acknowledged, { timeoutMs: PATIENCE_MS, what: 'the acknowledgement' })
    if (heard.length === 0) throw new Error(`not registered: ${trouble}`)
    const advice = (): string[] =>
      heard.flatMap((text) => {
        const { name, payload } = JSON.parse(text)
        return name === 'sys' && payload !== 'registered' && payload !== 'roger' ? [payload] : []
      })
    const answer = (result: unknown): void =>
      socket.send(inEnvelope({ id: asked.at(-1)?.id ?? 'nothing was asked', result }))
    return { socket, heard, asked, advice, answer, closed }
  }

  /** Wants to register, and resolves with the refusal. */
  async refused(options: RegistrantOptions = {}): Promise<Refused> {
    const socket = this.#dial(options)
    socket.on('error', () => {})
    socket.on('open', () => socket.terminate())
    const answered = once(socket, 'unexpected-response')
    const [, response] = await withDeadline(answered, PATIENCE_MS, () => 'the refusal')
    let body = ''
    for await (const chunk of response) body += chunk
    return { status: response.statusCode, headers: response.headers, body }
  }

  /** A TCP connection whose every byte is the test's. */
  async raw(options: { readonly from?: string } = {}): Promise<RawPeer> {
    const peer = await rawPeer({ port: this.port, host: this.#host, ...options })
    this.#raw.push(peer)
    return peer
  }

  /** A registrant on a TCP connection whose every byte is the test's, acknowledged. */
  async rawRegistrant({ token = TOKEN, subprotocol = 'io|0.0.1|id||4000' } = {}): Promise<RawPeer> {
    const peer = await this.raw()
    peer.socket.write(
      [
        'GET /v0/websocket HTTP/1.1',
        'host: registry',
        `authorization: Token ${token}`,
        'connection: Upgrade',
        'upgrade: websocket',
        'sec-websocket-version: 13',
        'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
        `sec-websocket-protocol: ${subprotocol}`,
        '',
        '',
      ].join('\r\n'),
    )
    await peer.until('"registered"')
    return peer
  }

  /** Asks; resolves when the registry has read that. */
  async asked(token?: string): Promise<{ readonly answer: Promise<Discovery> }> {
    const answer = this.ask(token)
    await this.get('/')
    return { answer }
  }

  /** Whether an answer is still waited for. */
  async waits(answer: Promise<Discovery>): Promise<boolean> {
    const first = await Promise.race([answer, this.get('/')])
    return first.body === 'not found\n'
  }

  ask(token = TOKEN): Promise<Discovery> {
    const caFile = this.#caFile
    if (caFile === undefined) return discover({ registryUrl: `http://${this.#authority}`, token })
    return discover({ registryUrl: `https://${this.#authority}`, token, caFile })
  }

  /** A request on a connection of its own. */
  async get(path: string, { method = 'GET', headers = {} }: GetOptions = {}): Promise<Refused> {
    const sent = request({ host: this.#host, port: this.port, path, method, headers, agent: false })
    sent.end()
    const [response] = await withDeadline(once(sent, 'response'), PATIENCE_MS, () => 'the answer')
    let body = ''
    for await (const chunk of response) body += chunk
    return { status: response.statusCode, headers: response.headers, body }
  }

  /** Ends them all. */
  end(): void {
    for (const socket of this.#sockets.splice(0)) socket.terminate()
    for (const { socket } of this.#raw.splice(0)) socket.destroy()
  }

  get #authority(): string {
    return `${this.#host.includes(':') ? `[${this.#host}]` : this.#host}:${this.port}`
  }

  #dial({ token = TOKEN, subprotocol = 'io|0.0.1|id||4000', ...options }: RegistrantOptions): WebSocket {
    const { path = '/v0/websocket', headers = { authorization: `Token ${token}` }, from } = options
    const protocols = subprotocol === '' ? [] : [subprotocol]
    const [scheme, ca] = this.#caFile === undefined ? ['ws', {}] : ['wss', { ca: readFileSync(this.#caFile) }]
    const socket = new WebSocket(`${scheme}://${this.#authority}${path}`, protocols, {
      headers: { ...headers },
      ...ca,
      ...(from === undefined ? {} : { localAddress: from }),
    })
    this.#sockets.push(socket)
    return socket
  }
}
