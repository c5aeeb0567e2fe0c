import { readFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { type Served, serveOn } from './serve.ts'

/** A proxy with nothing between it and the test: what real ones cannot be made to show. */
export interface ScriptedProxy extends Served {
  /** The requests that came, each with its head. */
  readonly requests: readonly string[]
}

/** What to do with a connection when its request has come. */
export type ProxyScript = (socket: Socket, request: string) => void

/** Starts one on 127.0.0.1, with TLS if it gets a certificate. */
export async function startScriptedProxy(
  script: ProxyScript,
  tls?: { readonly certFile: string; readonly keyFile: string },
): Promise<ScriptedProxy> {
  const requests: string[] = []
  const serve = (socket: Socket): void => {
    let head = ''
    socket.on('error', () => {})
    const read = (chunk: Buffer): void => {
      head += chunk.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      socket.off('data', read)
      requests.push(head)
      script(socket, head)
    }
    socket.on('data', read)
  }
  const server =
    tls === undefined
      ? createServer(serve)
      : createTlsServer({ cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) }, serve)
  server.on('tlsClientError', () => {})
  return { ...(await serveOn(server)), requests }
}

/** Says something, and then nothing. */
export const says =
  (...lines: string[]): ProxyScript =>
  (socket) =>
    void socket.resume().write(`${lines.join('\r\n')}\r\n\r\n`)

/** Opens a tunnel, as a proxy should. */
export const tunnels: ProxyScript = (socket, request) => {
  const { hostname, port } = new URL(`http://${request.split(' ')[1]}`)
  const target = connect(Number(port), hostname.replace(/[[\]]/g, ''), () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    target.pipe(socket).pipe(target)
  })
  target.on('error', () => socket.destroy())
  target.on('close', () => socket.destroy())
  socket.on('close', () => target.destroy())
}

/** Where to the tunnels were asked for that a proxy opened or refused: `host:port` each. */
export function targetsOf({ requests }: ScriptedProxy): readonly string[] {
  return requests.map((request) => request.split(' ')[1] ?? '')
}

/** Opens tunnels for who gives these credentials. */
export const tunnelsFor =
  (credentials: string): ProxyScript =>
  (socket, request) => {
    if (request.includes(`\r\nProxy-Authorization: ${credentials}\r\n`)) tunnels(socket, request)
    else socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n')
  }
