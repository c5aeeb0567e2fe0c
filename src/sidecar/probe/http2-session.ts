import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Address } from './probe.ts'

/**
 * Opens an HTTP/2 session with prior knowledge; resolves when the peer has sent its SETTINGS, so that it really speaks
 * HTTP/2. The puppet's certificate is not verified: the default one of the community can never be valid, and the probe
 * is about life, not about identity. Rejects with the error, or when `signal` aborts.
 */
export function openSession(
  address: Address,
  tls: boolean,
  signal: AbortSignal,
): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new Error('aborted'))
    const { host, port } = address
    const socket: Socket = tls
      ? connectTls({ host, port, ALPNProtocols: ['h2'], rejectUnauthorized: false })
      : connectTcp({ host, port })
    let session: ClientHttp2Session | undefined
    const fail = (error: Error): void => {
      signal.removeEventListener('abort', abort)
      session?.destroy()
      socket.destroy()
      reject(error)
    }
    const abort = (): void => fail(new Error('aborted'))
    const closed = (): void => fail(new Error('closed before the HTTP/2 greeting'))
    signal.addEventListener('abort', abort, { once: true })
    socket.once('error', fail)
    socket.once('close', closed)
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      session = connectHttp2(`${tls ? 'https' : 'http'}://${authority(address)}`, {
        createConnection: () => socket,
        settings: { enablePush: false },
      })
      // A session without a listener for errors would end the process.
      session.on('error', fail)
      session.once('remoteSettings', () => {
        signal.removeEventListener('abort', abort)
        socket.off('close', closed)
        resolve(session as ClientHttp2Session)
      })
    })
  })
}

function authority({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
