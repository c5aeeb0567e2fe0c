import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

/** The answer to an upgrade that is refused. */
export interface Refusal {
  readonly status: number
  /** Why, in one sentence. */
  readonly words: string
  /** The scheme of a challenge (RFC 9110 §11.6.1), where the refusal is about who asks. */
  readonly challenge?: string
  /** Seconds until another attempt makes sense; undefined: not known, or never without a change. */
  readonly retryAfter?: number
}

/** Answers a request to upgrade with a refusal, and ends its connection. */
export function refuseUpgrade(socket: Duplex, { status, words, challenge, retryAfter }: Refusal): void {
  const body = `${words}\n`
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'connection: close',
    'content-type: text/plain; charset=utf-8',
    'cache-control: no-store',
    `content-length: ${Buffer.byteLength(body)}`,
    ...(challenge === undefined ? [] : [`www-authenticate: ${challenge}`]),
    ...(retryAfter === undefined ? [] : [`retry-after: ${retryAfter}`]),
  ]
  // The server's time limits end with the upgrade: a peer that never closes must not keep the socket.
  socket.once('finish', () => socket.destroy())
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
}
