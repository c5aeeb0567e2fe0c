import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { KeyPair } from '../net/key-pair.ts'
import { type ListenAddress, listen } from '../net/listen.ts'
import { PipelinedRequests } from './pipelined-requests.ts'

/**
 * So much is read ahead of a connection that is not read from at the moment: Node.js keeps each piece as it arrived, and a piece of 40 bytes
 * costs 250. By default 64 KiB of them, from 1,500 who send much, took 400 MiB.
 */
const AHEAD_BYTES = 2048
/** Bytes of a request's line and headers together. */
const HEADERS_MAX_BYTES = 8 * 1024
/**
 * How long an idle connection is kept for the next request, in milliseconds: longer than the 60 s of common proxies, which would otherwise
 * send into a closing one.
 */
const IDLE_MS = 65_000
/** Connections that wait to be accepted: thousands of registrants come back at once after a restart. */
const BACKLOG = 4096
/** Requests that take too long are looked for as often in the time that they may take. */
const CHECKS = 5

/** Who answers. `isFirst`: no other request came on its connection before. */
export interface HttpHandlers {
  readonly request: (request: IncomingMessage, response: ServerResponse, isFirst: boolean) => void
  /** A request to become a WebSocket. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer, isFirst: boolean) => void
  /** A TCP connection came; false ends it at once. */
  readonly admit: (socket: Socket) => boolean
  /** A connection has a request that waits for its answer, or has none any more. */
  readonly onBusy: (socket: Duplex, isBusy: boolean) => void
}

/** One port at which registrants and clients arrive. */
export class HttpListener {
  readonly server: Server & { setSecureContext?: (context: KeyPair) => void }
  readonly #where: ListenAddress
  readonly #handlers: HttpHandlers
  readonly #pipeline: PipelinedRequests

  /** @param requestMs how long a request may take to arrive, in milliseconds, and the TLS handshake too */
  constructor(where: ListenAddress, requestMs: number, handlers: HttpHandlers) {
    this.#where = where
    this.#handlers = handlers
    this.#pipeline = new PipelinedRequests(handlers.onBusy)
    const options = {
      maxHeaderSize: HEADERS_MAX_BYTES,
      connectionsCheckingInterval: requestMs / CHECKS,
      headersTimeout: requestMs,
      requestTimeout: requestMs,
      keepAliveTimeout: IDLE_MS,
      highWaterMark: AHEAD_BYTES,
      // Otherwise Node.js would answer such requests itself, and they would not be counted.
      requireHostHeader: false,
    }
    this.server =
      where.tls === undefined
        ? createServer(options)
        : createTlsServer({ ...options, ...where.tls, handshakeTimeout: requestMs })
    this.server.on('connection', (socket: Socket) => {
      if (!handlers.admit(socket)) socket.destroy()
    })
    const onRequest: RequestListener = (request, response) => this.#request(request, response)
    this.server.on('request', onRequest)
    this.server.on('checkExpectation', onRequest)
    this.server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }

  /** Resolves with the address when it listens; rejects when it cannot. */
  start(): Promise<AddressInfo> {
    const { host, port } = this.#where
    return listen(this.server, { port, host, backlog: BACKLOG })
  }

  /** New connections get this certificate; those that are open keep theirs. Nothing happens on a plain port. */
  renew(pair: KeyPair): void {
    if (this.#where.tls !== undefined) this.server.setSecureContext?.(pair)
  }

  /** Takes no new connection; resolves when none is left. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve))
    this.server.closeIdleConnections()
    await closed
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    // Nobody reads bodies here. One that waits to be read would be held until the answer is there.
    if (hasBody(request)) request.resume()
    const isFirst = this.#pipeline.isNew(request.socket)
    if (this.#pipeline.enter(request.socket, response)) this.#handlers.request(request, response, isFirst)
    else request.socket.destroy()
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // An answer that is still to come would be written into the WebSocket, or behind what is answered now.
    if (this.#pipeline.isBusy(socket)) return void socket.destroy()
    destroyOnError(socket)
    if (/^websocket$/i.test(request.headers.upgrade ?? '')) {
      return this.#handlers.upgrade(request, socket, head, this.#pipeline.isNew(socket))
    }
    // Java's client offers HTTP/2 with each plain request (h2c). It is a request like any other.
    this.#request(request, responseOn(request, socket))
  }
}

/** In a function of its own: a listener that is made among other variables keeps all of them as long as the socket lives. */
export function destroyOnError(socket: Duplex): void {
  socket.on('error', () => socket.destroy())
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
}

function responseOn(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket as Socket)
  response.on('finish', () => socket.end(() => socket.destroy()))
  return response
}
