import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { WebSocket } from 'ws'
import { type Clock, deadline } from '../clock.ts'
import type { Stage } from '../events.ts'
import type { RequestOptions, Transport } from '../transport/transport.ts'
import { redirectTarget, type Verdict, verdictOfClose, verdictOfError, verdictOfResponse } from './verdict.ts'

/** What to open. */
export interface SocketOptions {
  /** The registration URL, `ws:` or `wss:`. */
  readonly url: URL
  readonly token: string
  readonly subprotocol: string
  readonly transport: Transport
  readonly clock: Clock
  /** How long all of DNS, TCP, TLS and the upgrade may take together, in milliseconds. */
  readonly handshakeMs: number
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
export function openSocket(options: SocketOptions, handlers: SocketHandlers): RegistrySocket {
  const limit = deadline(options.clock, options.handshakeMs)
  let current: Attempt | undefined
  let over = false

  const end = (verdict: Verdict): void => {
    if (over) return
    over = true
    limit.release()
    handlers.ended(verdict)
  }
  const attempt = (url: URL, mayRedirect: boolean): void => {
    current = new Attempt(options, url, {
      ...handlers,
      opened: () => {
        limit.release()
        handlers.opened()
      },
      ended: end,
      refused: (refusal) => {
        const redirect = redirectTarget(url, refusal)
        if (redirect !== undefined && 'follow' in redirect && mayRedirect)
          return attempt(redirect.follow, false)
        if (redirect !== undefined && 'verdict' in redirect) return end(redirect.verdict)
        end(verdictOfResponse(refusal, options.clock.date().getTime()))
      },
    })
  }
  limit.signal.addEventListener('abort', () => current?.giveUp(options.handshakeMs), { once: true })
  attempt(options.url, true)

  return {
    send: (text) => current?.send(text),
    ping: () => current?.ping(),
    close: () => current?.close(),
    terminate: () => current?.terminate(),
  }
}

interface AttemptHandlers extends SocketHandlers {
  /** The answer to the upgrade was not 101. */
  refused(refusal: { status: number; headers: IncomingMessage['headers'] }): void
}

/** One WebSocket of `ws`, with its stage kept in view. */
class Attempt {
  readonly #handlers: AttemptHandlers
  #socket: WebSocket | undefined
  #stage: Stage = 'DNS'
  #over = false

  constructor(options: SocketOptions, url: URL, handlers: AttemptHandlers) {
    this.#handlers = handlers
    Promise.all([loadWebSocket(), options.transport(url)]).then(
      ([library, requestOptions]) => this.#open(library, options, url, requestOptions),
      (error) => this.#end(verdictOfError(error, 'TCP')),
    )
  }

  #open(library: Library, options: SocketOptions, url: URL, requestOptions: RequestOptions): void {
    if (this.#over) return
    const socket = new library.WebSocket(url, [options.subprotocol], {
      headers: { Authorization: `Token ${options.token}` },
      perMessageDeflate: false,
      maxPayload: MAX_FRAME_BYTES,
      followRedirects: false,
      finishRequest: (request) => {
        this.#watch(request)
        request.end()
      },
      ...requestOptions,
    })
    this.#socket = socket
    socket.on('upgrade', () => this.#at('WebSocket'))
    socket.on('open', () => {
      this.#at('acknowledgement')
      this.#handlers.opened()
    })
    socket.on('message', (data, isBinary) => {
      if (this.#over) return
      if (isBinary) this.#handlers.binary()
      else this.#handlers.text(data.toString())
    })
    socket.on('pong', () => this.#handlers.ponged())
    socket.on('unexpected-response', (request, response) => this.#refuse(request, response))
    const proxied = requestOptions.agent !== undefined
    socket.on('error', (error) => this.#end(verdictOfError(error, this.#stage, proxied)))
    socket.on('close', (code) => this.#end(verdictOfClose(code, this.#stage)))
  }

  /** Follows the connection's progress, so that a failure can be named after the stage it happened in. */
  #watch(request: ClientRequest): void {
    request.once('socket', (socket: Socket) => {
      if (!socket.connecting) return this.#at('HTTP')
      const secure = socket instanceof TLSSocket
      socket.once('lookup', () => this.#at('TCP'))
      socket.once('connect', () => this.#at(secure ? 'TLS' : 'HTTP'))
      socket.once('secureConnect', () => this.#at('HTTP'))
    })
  }

  #at(stage: Stage): void {
    this.#stage = stage
  }

  #refuse(request: ClientRequest, response: IncomingMessage): void {
    const { statusCode = 0, headers } = response
    response.resume()
    request.destroy()
    if (this.#over) return
    this.#over = true
    this.#handlers.refused({ status: statusCode, headers })
  }

  #end(verdict: Verdict): void {
    if (this.#over) return
    this.#over = true
    this.#handlers.ended(verdict)
  }

  giveUp(afterMs: number): void {
    this.#end({ kind: 'retry', stage: this.#stage, reason: `no answer in ${afterMs / 1000} s` })
    this.terminate()
  }

  send(text: string): void {
    const socket = this.#socket
    if (
      socket?.readyState !== socket?.OPEN ||
      socket === undefined ||
      socket.bufferedAmount > MAX_UNSENT_BYTES
    )
      return
    socket.send(text)
  }

  ping(): void {
    const socket = this.#socket
    if (socket !== undefined && socket.readyState === socket.OPEN) socket.ping()
  }

  close(): void {
    this.#socket?.close(1000)
  }

  terminate(): void {
    if (this.#socket === undefined) this.#end({ kind: 'retry', stage: this.#stage, reason: 'aborted' })
    else this.#socket.terminate()
  }
}
