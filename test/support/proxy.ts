import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

/** An HTTP proxy on 127.0.0.1 that opens tunnels (CONNECT), and remembers where to. */
export interface Proxy {
  readonly port: number
  /** `host:port` of each tunnel asked for. */
  readonly tunnels: readonly string[]
  close(): Promise<void>
}

/** Starts one; `credentials` is what `Proxy-Authorization` has to be, if anything. */
export async function startProxy(credentials?: string): Promise<Proxy> {
  const tunnels: string[] = []
  const open = new Set<Socket>()
  const server = createServer()
  server.on('connect', (request, socket, head) => {
    socket.on('error', () => {})
    if (credentials !== undefined && request.headers['proxy-authorization'] !== credentials) {
      return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n')
    }
    tunnels.push(request.url ?? '')
    const { hostname, port } = new URL(`http://${request.url}`)
    const target = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      target.write(head)
      target.pipe(socket).pipe(target)
    })
    target.on('error', () => socket.destroy())
    socket.on('close', () => target.destroy())
  })
  server.on('connection', (socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    tunnels,
    close: async () => {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
