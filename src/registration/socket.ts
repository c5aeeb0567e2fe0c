import type { ClientRequest } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { WebSocket } from 'ws'
import { afterPatience, type Cancel, type Clock } from '../clock.ts'
import type { Stage } from '../events.ts'
import type { Transport } from '../transport/transport.ts'
import {
  redirectTarget,
  type UpgradeRefusal,
  type Verdict,
  verdictOfClose,
  verdictOfDeadline,
  verdictOfError,
  verdictOfResponse,
} from './verdict.ts'

/** How all sockets of a sidecar are opened. */
export interface SocketOptions {
  /** The registration URL, `ws:` or `wss:`. */
  readonly url: URL
  readonly transport: Transport
  readonly clock: Clock
  /** How long all of DNS, TCP, TLS and the upgrade may take together, in milliseconds. */
  readonly handshakeMs: number
}

/** One of them. */
export interface SocketRequest {
  readonly token: string
  readonly subprotocol: string
}

/** What happens on a socket. `ended` comes exactly once, last, and says why. */
export interface SocketHandlers {
  opened(): void
  text(text: string): void
  binary(): void
  ponged(): void
  ended(verdict: Verdict): void
}

/** One WebSocket to the registry, from the first packet to the last. */
export interface RegistrySocket {
  send(text: string): void
  ping(): void
  /** Starts the closing handshake with 1000. */
  close(): void
  /** Tears the connection down at once, in every state. `ended` still comes. */
  terminate(): void
}

const MAX_FRAME_BYTES = 64 * 1024
/** A registry that asks but does not read gets no more answers than fit in this. */
const MAX_UNSENT_BYTES = 64 * 1024

type Library = typeof import('ws')

/** Loads what a socket needs; the first one does not have to wait for it if somebody has called this before. */
export function loadWebSocket(): Promise<Library> {
  return import('ws')
}

/** Opens the registration WebSocket, following one redirect. Never throws: every trouble arrives as `ended`. */
export function openSocket(
  options: SocketOptions,
  request: SocketRequest,
  handlers: SocketHandlers,
): RegistrySocket {
  const connection = new Connection(options, handlers)
  void connection.dial(options.url, request)
  return connection
}

/** One WebSocket of `ws`, or two after a redirect, with its stage kept in view. */
class Connection implements RegistrySocket {
  readonly #options: SocketOptions
  readonly #handlers: SocketHandlers
  /** The newest; what an older one says is not heard. */
  #socket: WebSocket | undefined
  #stage: Stage = 'DNS'
  #redirected = false
  #over = false
  #cancelDeadline: Cancel | undefined

  constructor(options: SocketOptions, handlers: SocketHandlers) {
    this.#options = options
    this.#handlers = handlers
    this.#cancelDeadline = afterPatience(options.clock, options.handshakeMs, () => this.#giveUp())
  }

  async dial(url: URL, request: SocketRequest): Promise<void> {
    try {
      const [library, access] = await Promise.all([loadWebSocket(), this.#options.transport(url)])
      if (!this.#over)
        this.#open(
          new library.WebSocket(url, [request.subprotocol], {
            headers: { Authorization: `Token ${request.token}` },
            perMessageDeflate: false,
            maxPayload: MAX_FRAME_BYTES,
            followRedirects: false,
            finishRequest: (upgrade) => {
              this.#watch(upgrade)
              upgrade.end()
            },
            ...access,
          }),
          url,
          request,
          access.agent !== undefined,
        )
    } catch (error) {
      this.#fail(error as NodeJS.ErrnoException)
    }
  }

  #open(socket: WebSocket, url: URL, request: SocketRequest, proxied: boolean): void {
    this.#socket = socket
    socket.once('upgrade', () => this.#at('WebSocket'))
    socket.once('open', () => this.#opened())
    socket.on('message', (data, isBinary) => {
      if (this.#over) return
      if (isBinary) this.#handlers.binary()
      else this.#handlers.text(data.toString())
    })
    socket.on('pong', () => this.#handlers.ponged())
    socket.on('unexpected-response', (upgrade, response) => {
      response.resume()
      upgrade.destroy()
      const { statusCode = 0, headers } = response
      if (socket === this.#socket) this.#refused({ status: statusCode, headers }, url, request)
    })
    socket.on('error', (error) => {
      if (socket === this.#socket) this.#fail(error, proxied)
    })
    socket.on('close', (code) => {
      if (socket === this.#socket) this.#end(verdictOfClose(code, this.#stage))
    })
  }

  /** Follows the connection's progress, so that a failure can be named after the stage it happened in. */
  #watch(upgrade: ClientRequest): void {
    upgrade.once('socket', (socket: Socket) => {
      if (!socket.connecting) return this.#at('HTTP')
      const secure = socket instanceof TLSSocket
      const lookedUp = (): void => this.#at('TCP')
      socket.on('lookup', lookedUp)
      socket.once('connect', () => {
        // An address is never looked up: the listener would stay for as long as the socket.
        socket.off('lookup', lookedUp)
        this.#at(secure ? 'TLS' : 'HTTP')
      })
      if (secure) socket.once('secureConnect', () => this.#at('HTTP'))
    })
  }

  #at(stage: Stage): void {
    this.#stage = stage
  }

  #opened(): void {
    if (this.#over) return
    this.#cancelDeadline?.()
    this.#cancelDeadline = undefined
    this.#socket?.removeAllListeners('unexpected-response')
    this.#at('acknowledgement')
    this.#handlers.opened()
  }

  #refused(refusal: UpgradeRefusal, url: URL, request: SocketRequest): void {
    if (this.#over) return
    const redirect = redirectTarget(url, refusal)
    if (redirect !== undefined && 'follow' in redirect && !this.#redirected) {
      this.#redirected = true
      this.#socket = undefined
      void this.dial(redirect.follow, request)
      return
    }
    if (redirect !== undefined && 'verdict' in redirect) return this.#end(redirect.verdict)
    this.#end(verdictOfResponse(refusal, this.#options.clock.date().getTime()))
  }

  #fail(error: NodeJS.ErrnoException, proxied = false): void {
    const verdict = verdictOfError(error, this.#stage, proxied)
    this.#end({ ...verdict, shared: verdict.shared && (!this.#redirected || verdict.exhausted === true) })
    // After a broken frame the library would wait for the peer's half of the close, and keep the descriptor.
    this.#socket?.terminate()
  }

  #giveUp(): void {
    const verdict = verdictOfDeadline(this.#options.handshakeMs, this.#stage)
    // Where a redirect leads is not where the other tokens begin.
    this.#end({ ...verdict, shared: verdict.shared && !this.#redirected })
    this.terminate()
  }

  #end(verdict: Verdict): void {
    if (this.#over) return
    this.#over = true
    this.#cancelDeadline?.()
    this.#cancelDeadline = undefined
    this.#handlers.ended(verdict)
  }

  send(text: string): void {
    const socket = this.#socket
    if (socket?.readyState === socket?.OPEN && (socket?.bufferedAmount ?? 0) <= MAX_UNSENT_BYTES)
      socket?.send(text)
  }

  ping(): void {
    const socket = this.#socket
    if (socket !== undefined && socket.readyState === socket.OPEN) socket.ping()
  }

  close(): void {
    this.#socket?.close(1000)
  }

  terminate(): void {
    if (this.#socket === undefined)
      this.#end({ kind: 'retry', stage: this.#stage, shared: false, reason: 'aborted' })
    else this.#socket.terminate()
  }
}
