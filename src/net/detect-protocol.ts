import type { Socket } from 'node:net'

/** What a port speaks, by the first bytes that it sends. */
export type DetectedProtocol = 'http2' | 'tls' | 'http1' | 'closed' | 'other'

/** The client's part of the HTTP/2 greeting (RFC 9113 §3.4): the preface and an empty SETTINGS frame. */
const GREETING = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1'),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
])

const SETTINGS_FRAME = 4
const TLS_ALERT = 0x15
const TLS_HANDSHAKE = 0x16
/** A frame header (RFC 9113 §4.1); fewer bytes may be too few to tell. */
const ENOUGH_BYTES = 9

/** @param bytes the first ones that a server sent after the HTTP/2 greeting */
export function classify(bytes: Buffer): DetectedProtocol {
  if (bytes.length === 0) return 'closed'
  if (bytes.subarray(0, 5).toString('latin1') === 'HTTP/') return 'http1'
  if ((bytes[0] === TLS_ALERT || bytes[0] === TLS_HANDSHAKE) && bytes[1] === 3) return 'tls'
  // SETTINGS belongs to the connection, which is stream 0.
  const settings = bytes.length >= ENOUGH_BYTES && bytes[3] === SETTINGS_FRAME && bytes.readUInt32BE(5) === 0
  if (settings) return 'http2'
  return 'other'
}

/**
 * Greets a port in plaintext HTTP/2 over a connection, and ends that: an HTTP/2 server sends its SETTINGS, a web server an HTTP/1.1
 * error. A TLS server sends an alert, hangs up without one (Node.js and BoringSSL do) or says in plain HTTP that it wants TLS (nginx
 * does). Rejects when `signal` aborts.
 */
export function detectProtocol(socket: Socket, signal: AbortSignal): Promise<DetectedProtocol> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0)
    const end = (settle: () => void): void => {
      signal.removeEventListener('abort', abort)
      socket.destroy()
      settle()
    }
    const done = (): void => end(() => resolve(classify(bytes)))
    const abort = (): void => end(() => reject(new Error('aborted')))
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk])
      if (bytes.length >= ENOUGH_BYTES || classify(bytes) !== 'other') done()
    })
    socket.on('end', done)
    // A TLS server may reset instead of closing: an error is an answer too.
    socket.on('error', done)
    socket.write(GREETING)
  })
}
