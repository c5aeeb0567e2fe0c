import type { Failure } from './failure.ts'

/** What happens on a socket. `ended` comes exactly once, last, and says why. */
export interface SocketHandlers {
  opened(): void
  text(text: string): void
  /** A frame came that is not read. */
  unreadable(kind: 'binary' | 'oversized'): void
  ponged(): void
  ended(failure: Failure): void
}

/** One WebSocket to the registry, from the first packet to the last. */
export interface RegistrySocket {
  send(text: string): void
  ping(): void
  /** Bytes that have come so far. */
  readonly received: number
  /** Starts the closing handshake with 1000. */
  close(): void
  /** Tears the connection down at once, in every state. `ended` still comes. */
  terminate(): void
}
