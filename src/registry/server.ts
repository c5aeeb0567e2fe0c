import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Cancel, Clock } from '../clock.ts'
import { discoveryPath, formatEndpoint, NOT_REGISTERED_BODY, REGISTRATION_PATH } from '../wire/discovery.ts'
import { parseSubprotocol } from '../wire/subprotocol.ts'
import { Book } from './book.ts'
import { Registrant } from './registrant.ts'

/** Where a registry listens. Port 0 lets the system choose. */
export interface RegistryOptions {
  readonly host: string
  readonly port: number
  readonly clock: Clock
}

const HEARTBEAT_MS = 15_000
const MAX_FRAME_BYTES = 64 * 1024
const DISCOVERY_PREFIX = discoveryPath('')
/** The older form of a registration, without a header. */
const LEGACY_PREFIX = `${REGISTRATION_PATH}/token/`

/** Both halves of the protocol, in memory: registrants hold WebSockets, clients ask over HTTP. */
export class RegistryServer {
  readonly #options: RegistryOptions
  readonly #book = new Book<Registrant>()
  readonly #registrants = new Set<Registrant>()
  readonly #http = createServer((request, response) => void this.#answer(request, response))
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    handleProtocols: ([first = '']) => first,
  })
  #cancelHeartbeat: Cancel = () => {}

  constructor(options: RegistryOptions) {
    this.#options = options
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }

  /** Resolves with the address when it listens; rejects when it cannot. */
  async start(): Promise<AddressInfo> {
    const { host, port } = this.#options
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject)
      this.#http.listen(port, host, () => {
        this.#http.off('error', reject)
        resolve()
      })
    })
    this.#scheduleHeartbeat()
    return this.#http.address() as AddressInfo
  }

  /** Tells registrants that it goes away (1001) and ends; resolves when no connection is left. */
  async stop(): Promise<void> {
    this.#cancelHeartbeat()
    for (const socket of this.#sockets.clients) socket.close(1001)
    const giveUp = this.#options.clock.after(1000, () => {
      for (const socket of this.#sockets.clients) socket.terminate()
      this.#http.closeAllConnections()
    })
    this.#http.closeIdleConnections()
    await new Promise((resolve) => this.#http.close(resolve))
    giveUp()
  }

  #scheduleHeartbeat(): void {
    this.#cancelHeartbeat = this.#options.clock.after(HEARTBEAT_MS, () => {
      for (const registrant of this.#registrants) registrant.heartbeat()
      this.#scheduleHeartbeat()
    })
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    const path = pathOf(request)
    if (path !== REGISTRATION_PATH && !path.startsWith(LEGACY_PREFIX)) return refuse(socket, '404 Not Found')
    const token = tokenOf(request, path)
    if (token === undefined) return refuse(socket, '401 Unauthorized')
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) =>
      this.#welcome(webSocket, request, token),
    )
  }

  #welcome(socket: WebSocket, request: IncomingMessage, token: string): void {
    const subprotocol = parseSubprotocol(socket.protocol)
    const address = request.socket.remoteAddress ?? ''
    const registrant = new Registrant(socket, subprotocol, address, this.#options.clock)
    this.#registrants.add(registrant)
    if (registrant.findable) this.#book.add(token, registrant)
    socket.on('close', () => {
      this.#registrants.delete(registrant)
      this.#book.remove(token, registrant)
    })
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request)
    if (path === REGISTRATION_PATH)
      return send(response, 426, 'a WebSocket belongs here\n', { upgrade: 'websocket' })
    if (!path.startsWith(DISCOVERY_PREFIX)) return send(response, 404, 'not found\n')
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return send(response, 405, 'method not allowed\n', { allow: 'GET, HEAD' })
    }
    const token = decoded(path.slice(DISCOVERY_PREFIX.length))
    const endpoint = await this.#book.newest(token)?.endpoint()
    const body = endpoint === undefined ? NOT_REGISTERED_BODY : formatEndpoint(endpoint)
    send(response, endpoint === undefined ? 404 : 200, body, { 'content-type': 'application/json' })
  }
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').replace(/[?#].*$/, '')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The token of a registration: exactly two words in the header, or the end of the legacy path. */
function tokenOf(request: IncomingMessage, path: string): string | undefined {
  const [scheme = '', token, ...rest] = (request.headers.authorization ?? '').split(' ')
  if (/^token$/i.test(scheme) && token !== undefined && token !== '' && rest.length === 0) return token
  const legacy = path.startsWith(LEGACY_PREFIX) ? decoded(path.slice(LEGACY_PREFIX.length)) : ''
  return legacy === '' ? undefined : legacy
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...headers,
  })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}
