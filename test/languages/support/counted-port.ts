import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A port of 127.0.0.1 that passes every connection on, and counts them. */
export interface CountedPort {
  readonly port: number
  /** Connections so far. */
  made(): number
  /** Connections that are open now. */
  open(): number
  close(): void
}

/** @param targetPort the port of 127.0.0.1 that connections are passed on to */
export async function startCountedPort(targetPort: number): Promise<CountedPort> {
  let made = 0
  const open = new Set<Socket>()
  const server = createServer({ noDelay: true }, (client) => {
    made += 1
    open.add(client)
    const target = connect({ host: '127.0.0.1', port: targetPort, noDelay: true })
    client.pipe(target).pipe(client)
    for (const socket of [client, target]) {
      // The reason does not matter: 'close' follows.
      socket.on('error', () => {})
      socket.once('close', () => {
        open.delete(client)
        client.destroy()
        target.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    made: () => made,
    open: () => open.size,
    close: () => {
      server.close()
      for (const client of open) client.destroy()
    },
  }
}
