import { executionAsyncResource } from 'node:async_hooks'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import type { Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { keepThisTurn } from '../lib/clock.ts'
import { tlsOptions } from '../net/tls-options.ts'

/** What the probe says of itself in a TLS handshake. */
export interface ClientTls {
  /** The server name that it asks for, as clients do; undefined, or an address: none. */
  readonly servername: string | undefined
  readonly cert?: Buffer | undefined
  readonly key?: Buffer | undefined
  /** Authorities in PEM that count in place of those of Node.js, for whoever looks at `authorized` afterwards; the probe does not. */
  readonly ca?: readonly string[] | undefined
}

/** How far it got: `agreed` is TLS whose two sides have agreed on HTTP/2 (ALPN). */
export type SessionStage = 'plaintext' | 'handshake' | 'secured' | 'agreed'

/** Why there is no session although TCP is connected. */
export class SessionError extends Error {
  readonly stage: SessionStage
  readonly error: NodeJS.ErrnoException

  constructor(stage: SessionStage, error: NodeJS.ErrnoException) {
    super(error.message)
    this.stage = stage
    this.error = error
  }
}

/** Of the session. It would have to be a URL, and not every host can stand in one: each call names the real authority. */
const ANY_AUTHORITY = '//puppet'

/**
 * Opens an HTTP/2 session with prior knowledge over a connection; resolves when the peer has sent its SETTINGS, so that it
 * really speaks HTTP/2. The puppet's certificate is not verified: the default one of the community can never be valid, and
 * the probe is about life, not about identity. Rejects with a SessionError, also when `signal` aborts.
 *
 * @param tls undefined: plaintext
 */
export function openSession(
  connection: Socket,
  tls: ClientTls | undefined,
  signal: AbortSignal,
): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    let session: ClientHttp2Session | undefined
    let stage: SessionStage = tls === undefined ? 'plaintext' : 'handshake'
    const socket = tls === undefined ? connection : secured(connection, tls)
    const fail = (error: NodeJS.ErrnoException): void => {
      signal.removeEventListener('abort', abort)
      session?.destroy()
      socket.destroy()
      connection.destroy()
      reject(new SessionError(stage, error))
    }
    const abort = (): void => fail(new Error('aborted'))
    const closed = (): void => fail(new Error('closed before the HTTP/2 greeting'))
    const greet = (): void => {
      session = connectHttp2(`${tls === undefined ? 'http' : 'https'}:${ANY_AUTHORITY}`, {
        createConnection: () => socket,
        settings: { enablePush: false },
      })
      // A session without a listener for errors would end the process.
      session.on('error', fail)
      session.once('remoteSettings', () => {
        signal.removeEventListener('abort', abort)
        socket.off('close', closed)
        keepNativePart(session as ClientHttp2Session)
        resolve(session as ClientHttp2Session)
      })
    }
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    socket.on('error', fail)
    socket.once('close', closed)
    if (tls === undefined) greet()
    else
      socket.once('secureConnect', () => {
        stage = (socket as TLSSocket).alpnProtocol === 'h2' ? 'agreed' : 'secured'
        greet()
      })
  })
}

/**
 * Keeps the native part of a session until those of its streams are freed; to be called by a listener of the session. A
 * stream is freed in the next turn of immediates only. If it has headers that the peer began and did not rightly end, and
 * the session's part is garbage before, then Node.js (20 to 26) ends the process: a failed assertion in `~Http2Session`.
 */
function keepNativePart(session: ClientHttp2Session): void {
  // What the listeners of a session are called on behalf of.
  const native = executionAsyncResource()
  session.once('close', () => keepThisTurn(native))
}

function secured(socket: Socket, { servername, cert, key, ca }: ClientTls): TLSSocket {
  return connectTls({
    socket,
    ALPNProtocols: ['h2'],
    rejectUnauthorized: false,
    ...(servername === undefined ? {} : tlsOptions(servername, undefined)),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(ca === undefined ? {} : { ca: [...ca] }),
  })
}
