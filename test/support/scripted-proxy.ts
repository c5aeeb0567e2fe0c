import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

/** A proxy with nothing between it and the test: what real ones cannot be made to show. */
export interface ScriptedProxy {
  readonly port: number
  /** The requests that came, each with its head. */
  readonly requests: readonly string[]
  /** Connections that are open now. */
  readonly open: ReadonlySet<Socket>
  /** Connections so far. */
  readonly count: () => number
  close(): Promise<void>
}

/** What to do with a connection when its request has come. */
export type ProxyScript = (socket: Socket, request: string) => void

/** Starts one on 127.0.0.1, with TLS if it gets a certificate. */
export async function startScriptedProxy(
  script: ProxyScript,
  tls?: { readonly certFile: string; readonly keyFile: string },
): Promise<ScriptedProxy> {
  const requests: string[] = []
  const open = new Set<Socket>()
  let count = 0
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
  server.on('connection', (socket: Socket) => {
    count += 1
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    open,
    count: () => count,
    close: async () => {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
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
