import type { ServerResponse } from 'node:http'

/** Sends a response of a known length that must not be cached. */
export function send(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string,
  headers: readonly string[] = [],
): void {
  const length = String(Buffer.byteLength(body))
  const own = ['content-type', contentType, 'content-length', length, 'cache-control', 'no-store']
  response.writeHead(status, [...own, ...headers])
  response.end(response.req.method === 'HEAD' ? undefined : body)
}

/** Sends a sentence for people. */
export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: readonly string[] = [],
): void {
  send(response, status, 'text/plain; charset=utf-8', `${text}\n`, headers)
}
