import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ServerOptions, WebSocket, WebSocketServer } from 'ws'
import { type Origin, originOf } from '../net/client-address.ts'
import type { Networks } from '../net/networks.ts'
import { type Refusal, refuseUpgrade } from '../net/refuse-upgrade.ts'
import { pathOf } from '../protocol/path.ts'
import { isRegistrationPath, registrationToken } from '../protocol/registration.ts'
import type { AccessControl, Holders } from './access-control.ts'
import { closeCause, type LeaveCause } from './events.ts'
import { FRAGMENTS_MAX, FRAME_MAX_BYTES, PATH_MAX, PIECES_MAX, SUBPROTOCOL_MAX, TOKEN_MAX } from './limits.ts'
import { BUSY_MS, comeBackAfter } from './overload.ts'
import { REFUSALS, type RefusalReason } from './refusals.ts'

/** How long a peer may take for its half of a close, in milliseconds. It comes back only after it. */
const CLOSE_MS = 500

/**
 * A WebSocket that tells when its end begins, by whichever side: from then on nobody is there. `closing` has the cause.
 */
class EndingSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    super.close(code, reason)
    // A close frame of the peer is answered by this, with its code.
    this.emit('closing', closeCause(code))
  }
}

// The types do not know `closeTimeout` yet.
const SOCKET_OPTIONS: ServerOptions<typeof EndingSocket> & { readonly closeTimeout: number } = {
  noServer: true,
  clientTracking: false,
  maxPayload: FRAME_MAX_BYTES,
  maxFragments: FRAGMENTS_MAX,
  maxBufferedChunks: PIECES_MAX,
  perMessageDeflate: false,
  closeTimeout: CLOSE_MS,
  handleProtocols: ([first = '']) => first.length <= SUBPROTOCOL_MAX && first,
  WebSocket: EndingSocket,
}

/** Who was let in, and by which connection. */
export interface Arrival extends Origin {
  readonly token: string
  readonly connection: Socket
}

/** What it needs. */
export interface RegistrationHandlerOptions {
  readonly access: AccessControl
  readonly trustedProxies: Networks | undefined
  /** Who holds a token now, as it is for a registrant that offers this subprotocol. */
  readonly holdersOf: (token: string, protocol: string) => Holders
  /** How long a connection has waited for its turn because the registry was busy, in milliseconds. */
  readonly busyMs: (connection: Socket) => number
  /** A number in [0, 1). */
  readonly random: () => number
  readonly onRegistrant: (socket: WebSocket, arrival: Arrival) => void
  readonly onRefusal: (reason: RefusalReason, address: string) => void
}

/** Takes requests to upgrade, and lets registrants in. */
export class RegistrationHandler {
  readonly #options: RegistrationHandlerOptions
  readonly #sockets = new WebSocketServer(SOCKET_OPTIONS)

  constructor(options: RegistrationHandlerOptions) {
    this.#options = options
  }

  handle(request: IncomingMessage, socket: Duplex, head: Buffer, isFirst: boolean): void {
    const { access, trustedProxies, holdersOf, busyMs, onRegistrant, onRefusal } = this.#options
    destroyOnError(socket)
    const { address, addressUnverified } = originOf(request, trustedProxies)
    const turnAway = (reason: RefusalReason, more: Partial<Refusal> = {}): void => {
      onRefusal(reason, address)
      refuseUpgrade(socket, { ...REFUSALS[reason], ...more })
    }
    if (access.tooMany(address)) return turnAway('rate')
    // A later one has waited since the answer before it at most, whenever its connection came.
    const waitedMs = isFirst ? busyMs(request.socket) : 0
    if (waitedMs > BUSY_MS) {
      return turnAway('busy', { retryAfter: comeBackAfter(waitedMs, this.#options.random()) })
    }
    const path = pathOf(request.url)
    if (!isRegistrationPath(path) || path.length > PATH_MAX) return turnAway('path')
    const token = registrationToken(request.headers.authorization, path)
    if (token === undefined) return turnAway('token')
    if (token.length > TOKEN_MAX) return turnAway('length')
    const objection = access.objection(token, address, holdersOf(token, offeredFirst(request)))
    if (objection !== undefined) return turnAway(objection)
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      endTogether(webSocket, socket)
      onRegistrant(webSocket, { token, address, addressUnverified, connection: request.socket })
    })
  }
}

/** The subprotocol that a registrant offers first, which is the one that is taken; empty if it is too long for that. */
function offeredFirst({ headers }: IncomingMessage): string {
  const [first = ''] = (headers['sec-websocket-protocol'] ?? '').split(',')
  return first.trim().length <= SUBPROTOCOL_MAX ? first.trim() : ''
}

// Both in functions of their own: a listener made among other variables would keep all of them, the request too, for as
// long as the socket lives.

function destroyOnError(socket: Duplex): void {
  socket.on('error', () => socket.destroy())
}

/** A connection may end without a close frame, and stay half open. */
function endTogether(webSocket: WebSocket, socket: Duplex): void {
  socket.once('end', () => webSocket.emit('closing', 'lost' satisfies LeaveCause))
}
