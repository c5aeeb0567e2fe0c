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
import type { ListenAddress } from '../net/listen.ts'
import { HEADERS_MAX_BYTES, IDLE_MS, REQUEST_MS } from './limits.ts'
import { PipelinedRequests } from './pipelined-requests.ts'

/** Who answers. */
export interface HttpHandlers {
  readonly request: RequestListener
  /** `isFirst`: no other request came on its connection before. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer, isFirst: boolean) => void
  /** A TCP connection came; false ends it at once. */
  readonly admit: (socket: Socket) => boolean
}

/** Connections that wait to be accepted: thousands of registrants come back at once after a restart. */
const BACKLOG = 4096
/** How often requests that take too long are looked for. */
const CHECK_MS = 2000

/** One port of the registry. */
export class HttpListener {
  readonly #server: Server & { setSecureContext?: (context: KeyPair) => void }
  readonly #where: ListenAddress
  readonly #pipeline = new PipelinedRequests()

  constructor(where: ListenAddress, handlers: HttpHandlers) {
    this.#where = where
    const options = {
      maxHeaderSize: HEADERS_MAX_BYTES,
      connectionsCheckingInterval: CHECK_MS,
      headersTimeout: REQUEST_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: IDLE_MS,
      // Each request is to be seen in here: one that Node.js answered itself would not be counted as unanswered.
      requireHostHeader: false,
    }
    this.#server =
      where.tls === undefined
        ? createServer(options)
        : createTlsServer({ ...options, ...where.tls, handshakeTimeout: REQUEST_MS })
    this.#server.on('connection', (socket: Socket) => {
      if (!handlers.admit(socket)) socket.destroy()
    })
    const request: RequestListener = (incoming, response) => {
      if (this.#pipeline.enter(incoming.socket, response)) handlers.request(incoming, response)
      else incoming.socket.destroy()
    }
    this.#server.on('request', request)
    this.#server.on('checkExpectation', request)
    this.#server.on('upgrade', (incoming, socket, head) => {
      // What is still to be answered would be written into the WebSocket, or after an answer that overtook it.
      if (this.#pipeline.isBusy(socket)) return socket.destroy()
      if (/^websocket$/i.test(incoming.headers.upgrade ?? '')) {
        return handlers.upgrade(incoming, socket, head, this.#pipeline.isNew(socket))
      }
      // Java's client offers HTTP/2 with each plain request (h2c). It is a request like any other.
      request(incoming, responseOn(incoming, socket))
    })
  }

  /** Resolves with the address when it listens; rejects when it cannot. */
  async start(): Promise<AddressInfo> {
    const { host, port } = this.#where
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ port, host, backlog: BACKLOG }, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
    return this.#server.address() as AddressInfo
  }

  /** New connections get this certificate; those that are open keep theirs. Nothing happens on a plain port. */
  renew(pair: KeyPair): void {
    if (this.#where.tls !== undefined) this.#server.setSecureContext?.(pair)
  }

  /** Takes no new connection; resolves when none is left. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeIdleConnections()
    await closed
  }

  /** Breaks the connections of requests that are still waited for. */
  cut(): void {
    this.#server.closeAllConnections()
  }
}

function responseOn(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  socket.on('error', () => socket.destroy())
  response.assignSocket(socket as Socket)
  response.on('finish', () => socket.end(() => socket.destroy()))
  return response
}
