import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import type { Clock } from '../../lib/clock.ts'
import { type Ends, isForOthers, isFromHere } from '../../net/local-request.ts'
import { type Refusal, refuseUpgrade } from '../../net/refuse-upgrade.ts'
import { Heartbeat } from '../../protocol/heartbeat.ts'
import { pathOf } from '../../protocol/path.ts'
import { isRegistrationPath, registrationToken } from '../../protocol/registration.ts'
import { isRegistrant, parseSubprotocol } from '../../protocol/subprotocol.ts'
import type { GatewayRefusal, GatewayLeaveCause as LeaveCause } from '../events.ts'
import { HANDSHAKE, REFUSALS } from './refusals.ts'
import { GatewaySession } from './session.ts'

/** Gateways at once. One is meant; a few may be dead links that nobody has noticed yet. */
const SESSIONS_MAX = 16
/** TCP connections at once, those on their way included; and from one address, unless it is this machine's: a stranger has to leave room. */
const CONNECTIONS_MAX = 4 * SESSIONS_MAX
const CONNECTIONS_PER_ADDRESS = 8
/** Bytes of one frame. Gateways send messages and QR codes, which nobody reads here. */
const FRAME_MAX_BYTES = 256 * 1024
/** Parts of a frame's message, and pieces in which it may arrive from the network: nobody needs as many. */
const FRAGMENTS_MAX = 16
const PIECES_MAX = 1024
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
  maxFragments: FRAGMENTS_MAX,
  maxBufferedChunks: PIECES_MAX,
  // One frame a turn: others are served meanwhile, and what is answered is sent before the next one is answered.
  allowSynchronousEvents: false,
  perMessageDeflate: false,
  closeTimeout: CLOSE_MS,
  handleProtocols: ([first = '']) => first,
}

/** Who hears what happens at the door. */
export interface GatewayServerListener {
  /** A gateway came. */
  joined(token: string): void
  /** It was asked for its puppet's port; undefined: it did not say. */
  saidPort(token: string, port: number | undefined): void
  /** It told something, which goes nowhere. */
  told(): void
  /** It left. */
  left(token: string, cause: LeaveCause): void
  /** @param from an address; empty where it is gone */
  refused(reason: GatewayRefusal, from: string): void
}

export interface GatewayServerOptions {
  readonly host: string
  readonly port: number
  readonly clock: Clock
  /** Whether a token may be one at all. */
  readonly isToken: (token: string) => boolean
  /** Whether a gateway may come from there. Never rejects. */
  readonly allows: (ends: Ends) => Promise<boolean>
  readonly listener: GatewayServerListener
}

/**
 * The gateway's door: a registry, as far as the gateway beside the sidecar can see. It is content there through every outage of the real
 * one. Nothing passes in either direction.
 */
export class GatewayServer {
  readonly #options: GatewayServerOptions
  readonly #server: Server
  readonly #sockets = new WebSocketServer(SOCKET_OPTIONS)
  readonly #sessions = new Set<GatewaySession>()
  /** Those of whom it is not known yet whether they may come in. */
  readonly #arriving = new Set<Duplex>()
  /** Connections that were given an answer, which is the last on them. */
  readonly #answered = new WeakSet<Duplex>()
  /** Connections by address, of those that are not from this machine. */
  readonly #strangers = new Map<string, number>()
  readonly #heartbeat: Heartbeat

  constructor(options: GatewayServerOptions) {
    this.#options = options
    this.#heartbeat = new Heartbeat(options.clock, () => HEARTBEAT)
    this.#server = createServer({
      maxHeaderSize: HEADERS_MAX_BYTES,
      headersTimeout: REQUEST_MS,
      connectionsCheckingInterval: CHECK_MS,
      // Each request is to be seen in here: one that Node.js answered itself would not be counted.
      requireHostHeader: false,
    })
    this.#server.maxConnections = CONNECTIONS_MAX
    const { listener } = options
    this.#server.on('drop', (data) => listener.refused('dropped', data?.remoteAddress ?? ''))
    this.#server.on('connection', (socket) => this.#admit(socket))
    this.#server.on('clientError', (_error, socket) => {
      listener.refused('dropped', addressOf(socket))
      socket.destroy()
    })
    const turnAway: RequestListener = (request, response) => {
      if (this.#answered.has(request.socket)) return void request.socket.destroy()
      this.#answered.add(request.socket)
      listener.refused('http', addressOf(request.socket))
      const { status, words } = REFUSALS.http
      const body = `${words}\n`
      response.writeHead(status, {
        connection: 'close',
        'content-type': 'text/plain; charset=utf-8',
        'cache-control': 'no-store',
        'content-length': Buffer.byteLength(body),
      })
      response.end(body)
    }
    this.#server.on('request', turnAway)
    this.#server.on('checkContinue', turnAway)
    this.#server.on('checkExpectation', turnAway)
    this.#server.on('connect', (_request, socket) => this.#refuse(socket, 'http'))
    this.#server.on('upgrade', (request, socket, head) => {
      // Behind an answer it would be another conversation on a connection that is ending.
      if (this.#answered.has(socket)) socket.destroy()
      else void this.#receive(request, socket, head)
    })
    this.#sockets.on('wsClientError', (_error, socket) => this.#refuse(socket, 'http', HANDSHAKE))
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
    for (const socket of this.#arriving) socket.destroy()
    for (const session of this.#sessions) session.goAway()
    this.#server.closeAllConnections()
  }

  #admit(socket: Socket): void {
    const { remoteAddress: remote = '', localAddress: local = '' } = socket
    if (isFromHere({ remote, local })) return
    const before = this.#strangers.get(remote) ?? 0
    if (before >= CONNECTIONS_PER_ADDRESS) {
      this.#options.listener.refused('dropped', remote)
      return void socket.destroy()
    }
    this.#strangers.set(remote, before + 1)
    socket.once('close', () => {
      const left = (this.#strangers.get(remote) ?? 1) - 1
      if (left > 0) this.#strangers.set(remote, left)
      else this.#strangers.delete(remote)
    })
  }

  async #receive(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const path = pathOf(request.url)
    const token = registrationToken(request.headers.authorization, path) ?? ''
    const objection = this.#objection(request, path, token)
    if (objection !== undefined) return this.#refuse(socket, objection)
    socket.on('error', () => socket.destroy())
    const { remoteAddress: remote = '', localAddress: local = '' } = request.socket
    this.#arriving.add(socket)
    const known = await this.#options.allows({ remote, local })
    this.#arriving.delete(socket)
    // It went meanwhile, or the door was closed.
    if (socket.destroyed) return this.#options.listener.refused('dropped', remote)
    if (!known) return this.#refuse(socket, 'stranger')
    if (this.#sessions.size >= SESSIONS_MAX) return this.#refuse(socket, 'full')
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#welcome(webSocket, token))
  }

  #refuse(
    socket: Duplex,
    reason: Exclude<GatewayRefusal, 'dropped'>,
    refusal: Refusal = REFUSALS[reason],
  ): void {
    socket.on('error', () => socket.destroy())
    this.#options.listener.refused(reason, addressOf(socket))
    refuseUpgrade(socket, refusal)
  }

  #objection(
    request: IncomingMessage,
    path: string,
    token: string,
  ): Exclude<GatewayRefusal, 'dropped'> | undefined {
    if (!/^websocket$/i.test(request.headers.upgrade ?? '')) return 'http'
    if (isForOthers(request.headers)) return 'proxy'
    if (!isRegistrationPath(path)) return 'path'
    if (!this.#options.isToken(token)) return 'token'
    // The first of several counts: its first field is that of the whole list.
    const offered = request.headers['sec-websocket-protocol'] ?? ''
    if (!isRegistrant(parseSubprotocol(offered))) return 'subprotocol'
    return undefined
  }

  #welcome(webSocket: WebSocket, token: string): void {
    const { listener, clock } = this.#options
    listener.joined(token)
    const session: GatewaySession = new GatewaySession(webSocket, {
      token,
      clock,
      listener: {
        saidPort: (_visitor, result, port) => {
          if (result !== 'left') listener.saidPort(token, port)
        },
        told: () => listener.told(),
        lives: (each) => void this.#heartbeat.ponged(each),
        left: (each, cause) => {
          this.#sessions.delete(each)
          this.#heartbeat.unwatch(each)
          listener.left(token, cause)
        },
      },
    })
    this.#sessions.add(session)
    this.#heartbeat.watch(session)
  }
}

function addressOf(socket: Duplex): string {
  return 'remoteAddress' in socket && typeof socket.remoteAddress === 'string' ? socket.remoteAddress : ''
}
