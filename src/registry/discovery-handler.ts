import type { IncomingMessage, ServerResponse } from 'node:http'
import { inBackground } from '../lib/background.ts'
import type { Clock } from '../lib/clock.ts'
import { originOf } from '../net/client-address.ts'
import { rateLimitKey, withoutMapping } from '../net/ip-address.ts'
import { isFromHere } from '../net/local-request.ts'
import type { Networks } from '../net/networks.ts'
import { discoveryPath, REGISTRATION_PATH } from '../protocol/discovery.ts'
import { send, sendText } from '../protocol/http-response.ts'
import { decoded, pathOf } from '../protocol/path.ts'
import type { Directory } from './directory.ts'
import type { RegistryEvent } from './events.ts'
import { PATH_MAX, WAITING } from './limits.ts'
import { answerFor, FAILED, type Resolution, TOO_MANY_WAIT } from './resolution.ts'
import { WaitingClients } from './waiting-clients.ts'

const DISCOVERY_PREFIX = discoveryPath('')
/** Asked by load balancers, on the port that they send to. */
const HEALTH_PATH = '/healthz'

export interface DiscoveryHandlerOptions {
  readonly directory: Directory
  /** Whether the registry is about to end. */
  readonly isClosing: () => boolean
  readonly trustedProxies: Networks | undefined
  readonly clock: Clock
  readonly emit: (event: RegistryEvent) => void
}

/** Answers requests that want no WebSocket: discoveries, and whatever else comes. */
export class DiscoveryHandler {
  readonly #options: DiscoveryHandlerOptions
  readonly #waiting = new WaitingClients<ServerResponse>(WAITING)
  /** Who waits for each answer: whoever gives up is forgotten at once, however long the answer may take. */
  readonly #askers = new WeakMap<Promise<Resolution>, Set<(found: Resolution) => void>>()

  constructor(options: DiscoveryHandlerOptions) {
    this.#options = options
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    if (request.headers.host === undefined && request.httpVersion === '1.1') {
      return sendText(response, 400, 'the Host header is missing', ['connection', 'close'])
    }
    this.#endIfClosing(response)
    const path = pathOf(request.url)
    if (path.length > PATH_MAX) return sendText(response, 414, 'the path is too long')
    if (path === REGISTRATION_PATH) {
      return sendText(response, 426, 'a WebSocket belongs here', ['upgrade', 'websocket'])
    }
    const isHealth = path === HEALTH_PATH
    if (!isHealth && !path.startsWith(DISCOVERY_PREFIX)) return sendText(response, 404, 'not found')
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return sendText(response, 405, 'method not allowed', ['allow', 'GET, HEAD'])
    }
    if (isHealth) return this.#sayHealth(response)
    const token = decoded(path.slice(DISCOVERY_PREFIX.length))
    const { directory, emit } = this.#options
    const found = directory.atOnce(token)
    if (found === undefined) return this.#wait(request, response, token)
    const answer = found.nearby === undefined ? found : answerFor(this.#clientOf(request).verified, found)
    emit({ type: 'discovered', result: answer.result, tookMs: 0, waited: false })
    this.#answer(response, answer)
  }

  /** How many discoveries of an address wait. */
  waitingOf(address: string): number {
    return this.#waiting.of(rateLimitKey(address))
  }

  #sayHealth(response: ServerResponse): void {
    if (this.#options.isClosing()) sendText(response, 503, 'draining')
    else sendText(response, 200, 'ok')
  }

  #wait(request: IncomingMessage, response: ServerResponse, token: string): void {
    const { socket } = request
    // It came behind a request that ended the connection: there is no client to be answered.
    if (socket.destroyed) return
    const { directory, clock, emit } = this.#options
    const { address, verified } = this.#clientOf(request)
    const refuse = (open: ServerResponse): void => {
      emit({ type: 'discovered', result: 'refused', tookMs: 0, waited: false })
      this.#answer(open, TOO_MANY_WAIT)
    }
    let askers: Set<(found: Resolution) => void> | undefined
    const leave = this.#waiting.enter(rateLimitKey(address), socket, response, (open) => {
      askers?.delete(settle)
      if (open !== undefined) refuse(open)
    })
    if (leave === undefined) return refuse(response)
    const beganMs = clock.now()
    const settle = (found: Resolution): void => {
      const answer = answerFor(verified, found)
      const open = leave()
      if (open === undefined) return
      const { result, waited } = answer
      emit({ type: 'discovered', result, tookMs: clock.now() - beganMs, waited })
      this.#answer(open, answer)
    }
    // Not before it is counted: what is begun here goes on when the client has gone.
    askers = this.#askersOf(directory.later(token))
    askers.add(settle)
  }

  #askersOf(answer: Promise<Resolution>): Set<(found: Resolution) => void> {
    const known = this.#askers.get(answer)
    if (known !== undefined) return known
    const askers = new Set<(found: Resolution) => void>()
    this.#askers.set(answer, askers)
    const settleAll = (found: Resolution): void => {
      for (const settle of askers) settle(found)
    }
    inBackground(answer.then(settleAll), () => settleAll(FAILED))
    return askers
  }

  /** Where a client comes from, and where it certainly does; that is empty behind a proxy that is not known. */
  #clientOf(request: IncomingMessage): { readonly address: string; readonly verified: string } {
    const { address, addressUnverified } = originOf(request, this.#options.trustedProxies)
    if (addressUnverified) return { address, verified: '' }
    const { remoteAddress: remote = '', localAddress: local = '' } = request.socket
    const isHere = address === withoutMapping(remote) && isFromHere({ remote, local })
    return { address, verified: isHere ? '127.0.0.1' : address }
  }

  #answer(response: ServerResponse, { status, body }: Resolution): void {
    this.#endIfClosing(response)
    send(response, status, 'application/json', body, status === 503 ? ['retry-after', '1'] : [])
  }

  /** A connection that is kept until the registry has ended would lose the request that is on its way then. */
  #endIfClosing(response: ServerResponse): void {
    if (this.#options.isClosing()) response.shouldKeepAlive = false
  }
}
