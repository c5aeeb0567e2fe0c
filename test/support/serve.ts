import type { AddressInfo, Server, Socket } from 'node:net'

/** A server that listens. */
export interface Served {
  readonly port: number
  /** Connections that are open now. */
  readonly open: ReadonlySet<Socket>
  /** Connections so far. */
  count(): number
  /** Ends the server and all of its connections. */
  close(): Promise<void>
}

/** Lets a server listen, on a free port of 127.0.0.1 by default. Errors of its connections are ignored: their ends follow. */
export async function serveOn(
  server: Server,
  { port = 0, host = '127.0.0.1' }: { readonly port?: number; readonly host?: string } = {},
): Promise<Served> {
  const open = new Set<Socket>()
  let count = 0
  server.on('connection', (socket: Socket) => {
    count += 1
    open.add(socket.on('error', () => {}))
    socket.on('close', () => open.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  return {
    port: (server.address() as AddressInfo).port,
    open,
    count: () => count,
    close: async () => {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
