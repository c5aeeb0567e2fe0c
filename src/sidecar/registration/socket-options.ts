import type { Clock } from '../../lib/clock.ts'
import type { Transport } from '../../net/transport.ts'

/** How all sockets of a sidecar are opened. */
export interface SocketOptions {
  /** The registration URL, `ws:` or `wss:`. */
  readonly url: URL
  readonly transport: Transport
  readonly clock: Clock
  /** How long all of DNS, TCP, TLS and the upgrade may take together, in milliseconds. */
  readonly handshakeMs: number
  /** How long TCP may take of it: where packets vanish, an attempt must not hold up the next one. */
  readonly tcpMs: number
  /** Takes tokens out of what the registry says. */
  readonly redact: (text: string) => string
}

export interface SocketRequest {
  readonly token: string
  readonly subprotocol: string
}
