import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ServerOptions, WebSocket, WebSocketServer } from 'ws'
import { CLOSE } from './close-codes.ts'
import { pathOf } from './path.ts'
import { registrationToken } from './registration.ts'

/** Fragments of one message; no registrant sends more than one. */
const FRAGMENTS_MAX = 16
/** Pieces in which a message may arrive from the network before it is whole. */
const PIECES_MAX = 1024

/** What a request to register says. */
export interface RegistrationRequest {
  readonly path: string
  readonly token: string | undefined
  /** The subprotocol that is offered first, which is the one that is taken; empty if there is none. */
  readonly subprotocol: string
}

export interface RegistrantUpgradeOptions {
  /** Bytes of one frame. */
  readonly frameMaxBytes: number
  /** How long a registrant may take for its half of a close, in milliseconds. It comes back only after it. */
  readonly closeMs: number
  /** Characters of a subprotocol, a longer one is not taken; default: as many as fit into a request. */
  readonly subprotocolMax?: number
  /** Whether other connections have their turn after each frame; default: not before all is read that has arrived. */
  readonly oneFrameATurn?: boolean
  /** Answers a handshake that is none of RFC 6455; default: as the library does. */
  readonly onBadHandshake?: (socket: Duplex) => void
}

/**
 * A WebSocket that emits `closing` with a close code when its end begins, by whichever side: from then on the registrant is gone. The
 * library emits an event only when the connection is closed.
 */
class EndingSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    super.close(code, reason)
    // The library answers a close frame of the peer by this, with the peer's code.
    this.emit('closing', code)
  }
}

/** Makes WebSockets of requests to register. */
export class RegistrantUpgrade {
  readonly #subprotocolMax: number
  readonly #oneFrameATurn: boolean
  readonly #sockets: WebSocketServer

  constructor(options: RegistrantUpgradeOptions) {
    const { subprotocolMax = Number.POSITIVE_INFINITY, oneFrameATurn = false, onBadHandshake } = options
    this.#subprotocolMax = subprotocolMax
    this.#oneFrameATurn = oneFrameATurn
    // The types do not know `closeTimeout` yet.
    const serverOptions: ServerOptions<typeof EndingSocket> & { readonly closeTimeout: number } = {
      noServer: true,
      clientTracking: false,
      maxPayload: options.frameMaxBytes,
      maxFragments: FRAGMENTS_MAX,
      maxBufferedChunks: PIECES_MAX,
      allowSynchronousEvents: !oneFrameATurn,
      perMessageDeflate: false,
      closeTimeout: options.closeMs,
      handleProtocols: ([first = '']) => first.length <= subprotocolMax && first,
      WebSocket: EndingSocket,
    }
    this.#sockets = new WebSocketServer(serverOptions)
    if (onBadHandshake) this.#sockets.on('wsClientError', (_error, socket) => onBadHandshake(socket))
  }

  read({ url, headers }: IncomingMessage): RegistrationRequest {
    const path = pathOf(url)
    const [first = ''] = (headers['sec-websocket-protocol'] ?? '').split(',')
    const subprotocol = first.trim()
    return {
      path,
      token: registrationToken(headers.authorization, path),
      subprotocol: subprotocol.length <= this.#subprotocolMax ? subprotocol : '',
    }
  }

  accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    onOpen: (webSocket: WebSocket) => void,
  ): void {
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      // Where frames wait for their turn, what has arrived before the end is still to be handled.
      if (!this.#oneFrameATurn) closeAtEnd(webSocket, socket)
      onOpen(webSocket)
    })
  }
}

/**
 * A connection may end without a close frame, and stay half open. In a function of its own: a listener that is made among other
 * variables would keep all of them, the request too, for as long as the socket lives.
 */
function closeAtEnd(webSocket: WebSocket, socket: Duplex): void {
  socket.once('end', () => webSocket.emit('closing', CLOSE.noFrame))
}
