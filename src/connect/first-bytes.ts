import type { Socket } from 'node:net'
import type { Clock } from '../lib/clock.ts'

/** First byte of a TLS handshake (RFC 8446 §5.1). */
export const TLS_HANDSHAKE = 0x16
/** The same of an alert. */
export const TLS_ALERT = 0x15

export type FirstBytes = 'tls' | 'plaintext' | 'none'

/**
 * Waits for a bot's first bytes, and leaves them to be read. A gRPC client speaks first, so that a puppet need not be troubled by a connection
 * that only looks whether the port is open. `none`: it went away, or said nothing for `ms` milliseconds.
 */
export function firstBytes(socket: Socket, clock: Clock, ms: number): Promise<FirstBytes> {
  return new Promise((resolve) => {
    if (socket.destroyed) return resolve('none')
    const settle = (what: FirstBytes): void => {
      cancel()
      socket.off('data', onData).off('end', onNone).off('close', onNone)
      resolve(what)
    }
    const onData = (chunk: Buffer): void => {
      socket.pause()
      socket.unshift(chunk)
      settle(chunk[0] === TLS_HANDSHAKE ? 'tls' : 'plaintext')
    }
    const onNone = (): void => settle('none')
    const cancel = clock.after(ms, onNone)
    socket.on('data', onData).once('end', onNone).once('close', onNone)
    socket.resume()
  })
}
