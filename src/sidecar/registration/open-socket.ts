import type { ClientRequest } from 'node:http'
import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import { inBackground } from '../../lib/background.ts'
import { afterPatience, type Cancel } from '../../lib/clock.ts'
import { printable } from '../../lib/printable.ts'
import type { Stage, Way } from '../../net/connect-error.ts'
import { followStages } from '../../net/stages.ts'
import { CLOSE } from '../../protocol/close-codes.ts'
import { failureOfClose } from './close-failure.ts'
import {
  type Failure,
  failureOfAbort,
  failureOfDeadline,
  failureOfError,
  failureOfResponse,
} from './failure.ts'
import { redirectedAgain, redirectTarget } from './redirect.ts'
import type { RegistrySocket, SocketHandlers } from './registry-socket.ts'
import type { SocketOptions, SocketRequest } from './socket-options.ts'
import { readRefusal, type UpgradeRefusal } from './upgrade-refusal.ts'

/** A larger frame ends the connection; what is merely too long to be a question is ignored. */
const MAX_FRAME_BYTES = 1024 * 1024
const MAX_READ_BYTES = 64 * 1024
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
  inBackground(connection.dial(options.url, request), () => connection.terminate())
  return connection
}

/** One WebSocket of `ws`, or two after a redirect, with its stage kept in view. */
class Connection implements RegistrySocket {
  readonly #options: SocketOptions
  readonly #handlers: SocketHandlers
  /** The newest; events of an older one are ignored. */
  #socket: WebSocket | undefined
  #stage: Stage = 'DNS'
  /** Where a redirect has led; undefined while there was none. */
  #redirectedTo: URL | undefined
  #over = false
  #cancelDeadline: Cancel | undefined
  #cancelTcpDeadline: Cancel | undefined
  #way: Way = { hasCaFile: false }
  /** Ends what has been begun of an attempt; undefined once it is open. */
  #callOff: AbortController | undefined
  /** The network connection; undefined until there is one. */
  #link: Socket | undefined

  constructor(options: SocketOptions, handlers: SocketHandlers) {
    this.#options = options
    this.#handlers = handlers
    this.#cancelDeadline = this.#giveUpAfter(options.handshakeMs)
  }

  async dial(url: URL, request: SocketRequest): Promise<void> {
    this.#at('DNS')
    this.#callOff?.abort()
    this.#callOff = new AbortController()
    const { signal } = this.#callOff
    const onWay = (way: Way): void => {
      this.#way = way
    }
    try {
      const library = await loadWebSocket()
      const access = await this.#options.transport(url, {
        signal,
        onWay,
        onStage: (stage) => this.#at(stage),
      })
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
        )
    } catch (error) {
      this.#fail(error as NodeJS.ErrnoException)
    }
  }

  #open(socket: WebSocket, url: URL, request: SocketRequest): void {
    this.#socket = socket
    socket.once('upgrade', () => this.#at('WebSocket'))
    socket.once('open', () => this.#opened())
    socket.on('message', (data, isBinary) => {
      if (this.#over) return
      if (isBinary) this.#handlers.unreadable('binary')
      else if ((data as Buffer).length > MAX_READ_BYTES) this.#handlers.unreadable('oversized')
      else this.#handlers.text(data.toString())
    })
    socket.on('pong', () => this.#handlers.ponged())
    socket.on('unexpected-response', (upgrade, response) => {
      // A request whose answer has been read has let go of its connection.
      const link = response.socket
      readRefusal(response, (refusal) => {
        upgrade.destroy()
        link.destroy()
        if (socket === this.#socket) this.#refused(refusal, url, request)
      })
    })
    socket.on('error', (error) => {
      if (socket === this.#socket) this.#fail(error, url.protocol === 'ws:')
    })
    socket.on('close', (code, said) => {
      if (socket === this.#socket)
        this.#end(failureOfClose(code, this.#stage, printable(said.toString(), this.#redactorOf(request))))
    })
  }

  /** Follows the connection's progress, so that a failure can be named after the stage it happened in. */
  #watch(upgrade: ClientRequest): void {
    upgrade.once('socket', (socket: Socket) => {
      this.#link = socket
      followStages(socket, upgrade.host, (stage) => this.#at(stage))
    })
  }

  #at(stage: Stage): void {
    if (this.#over) return
    this.#stage = stage
    if (stage === 'TCP' || stage === 'proxy TCP')
      this.#cancelTcpDeadline ??= this.#giveUpAfter(this.#options.tcpMs)
    else this.#cancelTcp()
  }

  #cancelTcp(): void {
    this.#cancelTcpDeadline?.()
    this.#cancelTcpDeadline = undefined
  }

  #opened(): void {
    if (this.#over) return
    this.#cancelDeadlines()
    this.#callOff = undefined
    this.#socket?.removeAllListeners('unexpected-response')
    this.#at('acknowledgement')
    this.#handlers.opened()
  }

  #refused(refusal: UpgradeRefusal, url: URL, request: SocketRequest): void {
    if (this.#over) return
    const redirect = redirectTarget(url, refusal, this.#redactorOf(request))
    if (redirect !== undefined && 'follow' in redirect) {
      if (this.#redirectedTo !== undefined) return this.#end(redirectedAgain(refusal.status))
      this.#redirectedTo = redirect.follow
      this.#socket = undefined
      inBackground(this.dial(redirect.follow, request), () => this.terminate())
      return
    }
    if (redirect !== undefined && 'failure' in redirect) return this.#end(redirect.failure)
    this.#end(failureOfResponse(refusal, this.#options.clock.date().getTime()))
  }

  #fail(error: NodeJS.ErrnoException, isPlain = false): void {
    this.#end(failureOfError(error, this.#stage, { ...this.#way, isPlain }))
    // After a broken frame the library would wait for the peer's half of the close, and keep the descriptor.
    this.#socket?.terminate()
  }

  /** Host names come in lower case, as no redactor knows the token. */
  #redactorOf({ token }: SocketRequest): (text: string) => string {
    return (text) => this.#options.redact(text).replaceAll(token.toLowerCase(), '[token]')
  }

  #giveUpAfter(ms: number): Cancel {
    return afterPatience(this.#options.clock, ms, () => {
      this.#end(failureOfDeadline(ms, this.#stage, this.#way))
      this.terminate()
    })
  }

  #cancelDeadlines(): void {
    this.#cancelDeadline?.()
    this.#cancelDeadline = undefined
    this.#cancelTcp()
  }

  #end(failure: Failure): void {
    if (this.#over) return
    this.#over = true
    this.#cancelDeadlines()
    this.#callOff?.abort()
    this.#callOff = undefined
    this.#handlers.ended(this.#afterRedirect(failure))
  }

  /** Where a redirect leads is not where the other tokens begin, and not the address in the configuration. */
  #afterRedirect(failure: Failure): Failure {
    if (this.#redirectedTo === undefined || failure.exhausted === true) return failure
    const { protocol, host } = this.#redirectedTo
    return {
      ...failure,
      shared: false,
      reason: `after a redirect to ${protocol}//${host}: ${failure.reason}`,
    }
  }

  send(text: string): void {
    const socket = this.#socket
    if (socket?.readyState === socket?.OPEN && (socket?.bufferedAmount ?? 0) <= MAX_UNSENT_BYTES)
      socket?.send(text)
  }

  get received(): number {
    return this.#link?.bytesRead ?? 0
  }

  ping(): void {
    const socket = this.#socket
    if (socket !== undefined && socket.readyState === socket.OPEN) socket.ping()
  }

  close(): void {
    this.#socket?.close(CLOSE.normal)
  }

  terminate(): void {
    if (this.#socket === undefined) this.#end(failureOfAbort(this.#stage))
    else this.#socket.terminate()
  }
}
