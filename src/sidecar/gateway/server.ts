import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { inBackground } from '../../lib/background.ts'
import type { Clock } from '../../lib/clock.ts'
import { type Ends, isForOthers } from '../../net/local-request.ts'
import { type Refusal, refuseUpgrade } from '../../net/refuse-upgrade.ts'
import { SocketPlaces } from '../../net/socket-places.ts'
import { Heartbeat } from '../../protocol/heartbeat.ts'
import { destroyOnError, HttpListener } from '../../protocol/http-listener.ts'
import { sendText } from '../../protocol/http-response.ts'
import { RegistrantUpgrade, type RegistrationRequest } from '../../protocol/registrant-upgrade.ts'
import { isRegistrationPath } from '../../protocol/registration.ts'
import { isRegistrant, parseSubprotocol } from '../../protocol/subprotocol.ts'
import type { GatewayRefusal } from '../events.ts'
import { BAD_HANDSHAKE, REFUSALS } from './refusals.ts'
import { GatewaySession, type GatewaySessionListener } from './session.ts'

/** Gateways at once. One is meant; a few may be dead links that are not noticed yet. */
const SESSIONS_MAX = 16
/** TCP connections at once; of one address (`perKey`), unless a gateway may come from there: strangers have to leave room. */
const CONNECTIONS = { inAll: 4 * SESSIONS_MAX, perKey: 8 } as const
/** Bytes of one frame. Gateways send messages and QR codes, which are not read here. */
const FRAME_MAX_BYTES = 256 * 1024
/** How long a request may take to arrive, in milliseconds. */
const REQUEST_MS = 5000
/** Gateways never look at pongs: a server that pings notices what they do not. In milliseconds. */
const HEARTBEAT = { intervalMs: 10_000, timeoutMs: 5000 } as const
/** How long a gateway may take for its half of a close, in milliseconds. */
const CLOSE_MS = 300

export interface GatewayServerListener extends GatewaySessionListener {
  onJoin(token: string): void
  /** @param from an address; empty where it is gone */
  onRefusal(reason: GatewayRefusal, from: string): void
}

export interface GatewayServerOptions {
  readonly host: string
  readonly port: number
  readonly clock: Clock
  /** Whether a token may be one at all. */
  readonly isToken: (token: string) => boolean
  /** Whether a gateway may come from there. Never rejects. */
  readonly allows: (ends: Ends) => Promise<boolean>
  /** Whether one may come from there, as far as it is known at once: a stranger does not take its place. */
  readonly isExpected: (ends: Ends) => boolean
  readonly listener: GatewayServerListener
}

/**
 * A registry, as far as the gateway beside the sidecar can see. The gateway stays connected to it through every outage of the real one.
 * Nothing passes in either direction.
 */
export class GatewayServer {
  readonly #options: GatewayServerOptions
  readonly #http: HttpListener
  readonly #upgrade: RegistrantUpgrade
  readonly #connections: SocketPlaces
  readonly #heartbeat: Heartbeat
  readonly #sessions = new Set<GatewaySession>()
  /** Connections of which it is not known yet whether they may be from there. */
  readonly #pending = new Set<Duplex>()

  constructor(options: GatewayServerOptions) {
    const { host, port, clock, listener } = options
    this.#options = options
    this.#heartbeat = new Heartbeat(clock, () => HEARTBEAT)
    this.#upgrade = new RegistrantUpgrade({
      frameMaxBytes: FRAME_MAX_BYTES,
      closeMs: CLOSE_MS,
      // What is answered to one frame is sent before the next one is answered.
      oneFrameATurn: true,
      onBadHandshake: (socket) => this.#refuse(socket, 'http', BAD_HANDSHAKE),
    })
    const drop = (socket: Duplex): false => {
      listener.onRefusal('dropped', endsOf(socket).remote)
      return false
    }
    this.#connections = new SocketPlaces(CONNECTIONS, drop)
    this.#http = new HttpListener({ host, port, tls: undefined }, REQUEST_MS, {
      admit: (socket) => this.#connections.admit(socket, options.isExpected(endsOf(socket))) || drop(socket),
      onBusy: (socket, isBusy) => this.#connections.use(socket, isBusy ? 'busy' : 'idle'),
      request: (request, response, isFirst) => this.#refuseRequest(request, response, isFirst),
      upgrade: (request, socket, head, isFirst) =>
        inBackground(this.#receive(request, socket, head, isFirst), () => socket.destroy()),
    })
    const { server } = this.#http
    server.on('clientError', (_error, socket) => {
      drop(socket)
      socket.destroy()
    })
    server.on('checkContinue', (request, response) => server.emit('request', request, response))
    server.on('connect', (_request, socket) => {
      destroyOnError(socket)
      this.#refuse(socket, 'http')
    })
  }

  /** Resolves with the address when it listens; rejects when it cannot. */
  open(): Promise<AddressInfo> {
    return this.#http.start()
  }

  /** Sends all gateways away, and takes no new ones. */
  close(): void {
    inBackground(this.#http.stop())
    for (const socket of this.#pending) socket.destroy()
    for (const session of this.#sessions) session.goAway()
    this.#http.server.closeAllConnections()
  }

  #refuse(socket: Duplex, reason: keyof typeof REFUSALS, refusal: Refusal = REFUSALS[reason]): void {
    this.#options.listener.onRefusal(reason, endsOf(socket).remote)
    refuseUpgrade(socket, refusal)
  }

  #refuseRequest({ socket }: IncomingMessage, response: ServerResponse, isFirst: boolean): void {
    // The answer to the first request is the last one on its connection.
    if (!isFirst) return void socket.destroy()
    this.#options.listener.onRefusal('http', endsOf(socket).remote)
    sendText(response, REFUSALS.http.status, REFUSALS.http.words, ['connection', 'close'])
  }

  async #receive(request: IncomingMessage, socket: Duplex, head: Buffer, isFirst: boolean): Promise<void> {
    if (!isFirst) return void socket.destroy()
    const ends = endsOf(request.socket)
    const { remote } = ends
    const registration = this.#upgrade.read(request)
    const objection = isForOthers(request.headers) ? 'proxy' : this.#objection(registration)
    if (objection !== undefined) return this.#refuse(socket, objection)
    this.#pending.add(socket)
    const isAllowed = await this.#options.allows(ends).finally(() => this.#pending.delete(socket))
    // It went meanwhile, or the server was closed.
    if (socket.destroyed) return this.#options.listener.onRefusal('dropped', remote)
    if (!isAllowed) return this.#refuse(socket, 'stranger')
    if (this.#sessions.size >= SESSIONS_MAX) return this.#refuse(socket, 'full')
    this.#upgrade.accept(request, socket, head, (webSocket) => {
      this.#connections.use(socket, 'held')
      const { listener, clock } = this.#options
      const token = registration.token ?? ''
      listener.onJoin(token)
      const onLeave: GatewaySessionListener['onLeave'] = (_token, cause) => {
        this.#sessions.delete(session)
        listener.onLeave(token, cause)
      }
      const options = { token, clock, heartbeat: this.#heartbeat }
      const session = new GatewaySession(webSocket, options, { ...listener, onLeave })
      this.#sessions.add(session)
      session.start()
    })
  }

  #objection({ path, token, subprotocol }: RegistrationRequest): keyof typeof REFUSALS | undefined {
    if (!isRegistrationPath(path)) return 'path'
    if (!this.#options.isToken(token ?? '')) return 'token'
    return isRegistrant(parseSubprotocol(subprotocol)) ? undefined : 'subprotocol'
  }
}

function endsOf(socket: Duplex): Ends {
  const { remoteAddress: remote = '', localAddress: local = '' } = socket as Socket
  return { remote, local }
}
