import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** A port of all of this machine's IPv4 addresses that counts who connects, and says nothing. */
export interface CountingPort {
  readonly port: number
  connections(): number
  close(): void
}

/** Listens; port 0 lets the system choose. */
export async function startCountingPort(port = 0): Promise<CountingPort> {
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.on('error', () => {}).resume()
    socket.end()
  })
  server.listen(port, '0.0.0.0')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    close: () => void server.close(),
  }
}
