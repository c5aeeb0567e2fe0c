import { connect, createServer, type Server, type Socket } from 'node:net'
import { pipeline } from 'node:stream'
import { listen } from '../net/listen.ts'

/** The least that passes for a load balancer: each connection goes to the first port that takes it. */
export class StandInBalancer {
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined

  /**
   * Listens on loopback; resolves with its port.
   *
   * @param ports of 127.0.0.1, the best first
   */
  async start(ports: readonly number[]): Promise<number> {
    const server = createServer((client) => {
      this.#sockets.add(client)
      client.on('error', () => {})
      client.on('close', () => this.#sockets.delete(client))
      this.#lead(client, ports)
    })
    this.#server = server
    return (await listen(server, { port: 0, host: '127.0.0.1' })).port
  }

  /** Resolves when its port is closed, and every connection. */
  async end(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #lead(client: Socket, [port, ...others]: readonly number[]): void {
    if (port === undefined || client.destroyed) return void client.destroy()
    const upstream = connect(port, '127.0.0.1')
    const next = (): void => this.#lead(client, others)
    upstream.once('error', next)
    upstream.once('connect', () => {
      upstream.off('error', next)
      pipeline(client, upstream, client, () => {})
    })
  }
}
