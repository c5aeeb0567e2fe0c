import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BlockList } from 'node:net'
import type { Clock } from '../clock.ts'
import { discoveryPath, REGISTRATION_PATH } from '../wire/discovery.ts'
import { decoded, pathOf } from '../wire/path.ts'
import { neighbour, originOf } from './address.ts'
import type { Discovery, DiscoveryAnswer } from './discovery.ts'
import type { DiscoveryResult } from './facts.ts'
import { PATH_MAX, WAITING_MAX } from './limits.ts'
import { Tally } from './tally.ts'

const DISCOVERY_PREFIX = discoveryPath('')

/** What it needs. */
export interface ClientsOptions {
  readonly discovery: Discovery
  readonly trustedProxies: BlockList | undefined
  readonly clock: Clock
  /** A discovery was answered. */
  readonly onAnswer: (result: DiscoveryResult, tookMs: number) => void
}

/** Answers requests that want no upgrade: discoveries, and whatever else comes. */
export class Clients {
  readonly #options: ClientsOptions
  /** Discoveries that wait for a registrant, by the address they come from. */
  readonly #waiting = new Tally()

  constructor(options: ClientsOptions) {
    this.#options = options
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.headers.host === undefined && request.httpVersion === '1.1') {
      return sendText(response, 400, 'the Host header is missing', ['connection', 'close'])
    }
    const path = pathOf(request.url)
    if (path.length > PATH_MAX) return sendText(response, 414, 'the path is too long')
    if (path === REGISTRATION_PATH) {
      return sendText(response, 426, 'a WebSocket belongs here', ['upgrade', 'websocket'])
    }
    if (!path.startsWith(DISCOVERY_PREFIX)) return sendText(response, 404, 'not found')
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return sendText(response, 405, 'method not allowed', ['allow', 'GET, HEAD'])
    }
    const answer = this.#options.discovery.find(decoded(path.slice(DISCOVERY_PREFIX.length)))
    if (answer instanceof Promise) return this.#wait(request, response, answer)
    this.#options.onAnswer(answer.result, 0)
    sendAnswer(response, answer)
  }

  #wait(request: IncomingMessage, response: ServerResponse, answer: Promise<DiscoveryAnswer>): void {
    const { trustedProxies, clock, onAnswer } = this.#options
    const who = neighbour(originOf(request, trustedProxies).address)
    if (this.#waiting.of(who) >= WAITING_MAX) {
      onAnswer('refused', 0)
      return sendText(response, 429, 'too many discoveries from your address wait', ['retry-after', '1'])
    }
    const beganMs = clock.now()
    // Let go of when it closes: what a connection that is gone has sent is not to be kept for as long as a registrant takes.
    const waiting: { response: ServerResponse | undefined } = { response }
    this.#waiting.add(who)
    response.on('close', () => {
      waiting.response = undefined
      this.#waiting.remove(who)
    })
    void answer.then((late) => {
      onAnswer(late.result, clock.now() - beganMs)
      if (waiting.response !== undefined) sendAnswer(waiting.response, late)
    })
  }
}

function sendAnswer(response: ServerResponse, { status, body }: DiscoveryAnswer): void {
  send(response, status, body, ['content-type', 'application/json'])
}

function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: readonly string[] = [],
): void {
  send(response, status, `${text}\n`, ['content-type', 'text/plain; charset=utf-8', ...headers])
}

function send(response: ServerResponse, status: number, body: string, headers: string[]): void {
  const length = String(Buffer.byteLength(body))
  response.writeHead(status, [...headers, 'content-length', length, 'cache-control', 'no-store'])
  response.end(response.req.method === 'HEAD' ? undefined : body)
}
