import type { IncomingMessage, ServerResponse } from 'node:http'
import { discoveryPath, REGISTRATION_PATH } from '../wire/discovery.ts'
import type { Discovery, DiscoveryAnswer } from './discovery.ts'
import { PATH_MAX } from './limits.ts'
import { decoded, pathOf } from './request-path.ts'

const DISCOVERY_PREFIX = discoveryPath('')

/** Answers requests that want no upgrade: discoveries, and whatever else comes. */
export function answerRequest(
  request: IncomingMessage,
  response: ServerResponse,
  discovery: Discovery,
): void {
  const path = pathOf(request)
  if (path.length > PATH_MAX) return sendText(response, 414, 'the path is too long')
  if (path === REGISTRATION_PATH)
    return sendText(response, 426, 'a WebSocket belongs here', ['upgrade', 'websocket'])
  if (!path.startsWith(DISCOVERY_PREFIX)) return sendText(response, 404, 'not found')
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return sendText(response, 405, 'method not allowed', ['allow', 'GET, HEAD'])
  }
  const answer = discovery.find(decoded(path.slice(DISCOVERY_PREFIX.length)))
  if (answer instanceof Promise) void answer.then((late) => sendAnswer(response, late))
  else sendAnswer(response, answer)
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
