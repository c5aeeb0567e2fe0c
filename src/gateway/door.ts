import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import type { Clock } from '../clock.ts'
import type { DoorRefusal, GatewayLeaveCause as LeaveCause } from '../events.ts'
import { Heartbeat } from '../heartbeat.ts'
import { refuseUpgrade } from '../refuse-upgrade.ts'
import { pathOf } from '../wire/path.ts'
import { isRegistrationPath, registrationToken } from '../wire/registration.ts'
import { isRegistrant, parseSubprotocol } from '../wire/subprotocol.ts'
import { REFUSALS } from './refusal.ts'
import { Visitor } from './visitor.ts'

/** Gateways at once. One is meant; a few may be dead links that nobody has noticed yet. */
const VISITORS_MAX = 16
/** TCP connections at once, those on their way included. */
const CONNECTIONS_MAX = 2 * VISITORS_MAX
/** Bytes of one frame. Gateways send messages and QR codes, which nobody reads here. */
const FRAME_MAX_BYTES = 256 * 1024
const HEADERS_MAX_BYTES = 8 * 1024
/** How long a request may take to arrive, in milliseconds, and how often that is looked at. */
const REQUEST_MS = 5000
const CHECK_MS = 1000
/** Gateways never look at pongs: a door that pings notices what they do not. In milliseconds. */
const HEARTBEAT = { intervalMs: 10_000, timeoutMs: 5000 } as const
/** How long a gateway may take for its half of a close, in milliseconds. */
const CLOSE_MS = 300

// The types do not know `closeTimeout` yet.
const SOCKET_OPTIONS: ServerOptions & { readonly closeTimeout: number } = {
  noServer: true,
  clientTracking: false,
  maxPayload: FRAME_MAX_BYTES,
  perMessageDeflate: false,
  closeTimeout: CLOSE_MS,
  handleProtocols: ([first = '']) => first,
}

/** Who hears what happens at the door. */
export interface DoorListener {
  /** A gateway came. */
  joined(token: string): void
  /** It was asked for its puppet's port; undefined: it did not say. */
  saidPort(token: string, port: number | undefined): void
  /** It told something, which goes nowhere. */
  told(): void
  /** It left. */
  left(token: string, cause: LeaveCause): void
  refused(reason: DoorRefusal): void
}

export interface DoorOptions {
  readonly host: string
  readonly port: number
  readonly clock: Clock
  /** Whether a token may be one at all. */
  readonly isToken: (token: string) => boolean
  /** Whether a gateway may come from there. Never rejects. */
  readonly isKnown: (address: string) => Promise<boolean>
  readonly listener: DoorListener
}

/**
 * The gateway's door: a registry, as far as the gateway beside the sidecar can see. It is content there through every outage of the real
 * one. Nothing passes in either direction.
 */
export class Door {
  readonly #options: DoorOptions
  readonly #server: Server
  readonly #sockets = new WebSocketServer(SOCKET_OPTIONS)
  readonly #visitors = new Set<Visitor>()
  readonly #heartbeat: Heartbeat

  constructor(options: DoorOptions) {
    this.#options = options
    this.#heartbeat = new Heartbeat(options.clock, HEARTBEAT)
    this.#server = createServer({
      maxHeaderSize: HEADERS_MAX_BYTES,
      headersTimeout: REQUEST_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: CHECK_MS,
      keepAliveTimeout: REQUEST_MS,
    })
    this.#server.maxConnections = CONNECTIONS_MAX
    const { listener } = options
    this.#server.on('drop', () => listener.refused('dropped'))
    this.#server.on('clientError', (_error, socket) => {
      listener.refused('dropped')
      socket.destroy()
    })
    this.#server.on('request', (_request, response) => {
      listener.refused('http')
      const { status, words } = REFUSALS.http
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
      response.end(`${words}\n`)
    })
    this.#server.on('upgrade', (request, socket, head) => void this.#receive(request, socket, head))
  }

  /** Resolves with the address when it is open; rejects when it cannot be. */
  async open(): Promise<AddressInfo> {
    const { host, port } = this.#options
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
    return this.#server.address() as AddressInfo
  }

  /** Sends everybody away, and takes nobody any more. */
  close(): void {
    this.#server.close()
    for (const visitor of this.#visitors) visitor.goAway()
    this.#server.closeAllConnections()
  }

  async #receive(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy())
    const { listener, clock } = this.#options
    const path = pathOf(request.url)
    const token = registrationToken(request.headers.authorization, path) ?? ''
    const objection = this.#objection(request, path, token) ?? (await this.#doubt(request))
    if (objection !== undefined) {
      listener.refused(objection)
      return refuseUpgrade(socket, REFUSALS[objection])
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#welcome(webSocket, token, clock))
  }

  #objection(
    request: IncomingMessage,
    path: string,
    token: string,
  ): Exclude<DoorRefusal, 'dropped'> | undefined {
    if (!/^websocket$/i.test(request.headers.upgrade ?? '')) return 'http'
    if (!isRegistrationPath(path)) return 'path'
    if (!this.#options.isToken(token)) return 'token'
    const [offered = ''] = (request.headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/)
    if (!isRegistrant(parseSubprotocol(offered))) return 'subprotocol'
    return undefined
  }

  async #doubt({ socket }: IncomingMessage): Promise<'stranger' | 'full' | undefined> {
    if (!(await this.#options.isKnown(socket.remoteAddress ?? ''))) return 'stranger'
    return this.#visitors.size >= VISITORS_MAX ? 'full' : undefined
  }

  #welcome(webSocket: WebSocket, token: string, clock: Clock): void {
    const { listener } = this.#options
    listener.joined(token)
    const visitor: Visitor = new Visitor(webSocket, {
      token,
      clock,
      listener: {
        saidPort: (_visitor, result, port) => {
          if (result !== 'left') listener.saidPort(token, port)
        },
        told: () => listener.told(),
        ponged: (each) => void this.#heartbeat.ponged(each),
        left: (each, cause) => {
          this.#visitors.delete(each)
          this.#heartbeat.unwatch(each)
          listener.left(token, cause)
        },
      },
    })
    this.#visitors.add(visitor)
    this.#heartbeat.watch(visitor)
  }
}
