import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2'
import { listen } from '../net/listen.ts'

/** `HealthCheckResponse{status: SERVING}`, length-prefixed as gRPC wants it. */
const SERVING = Buffer.from([0, 0, 0, 0, 2, 0x08, 1])

/** The least that passes for a puppet: a plaintext gRPC server that answers its health check. */
export class StandInPuppet {
  readonly #sessions = new Set<ServerHttp2Session>()
  #server: Http2Server | undefined

  /** Listens on loopback; resolves with the port. Port 0 lets the system choose. */
  async start(port: number): Promise<number> {
    const server = createServer()
    this.#server = server
    server.on('session', (session) => {
      this.#sessions.add(session)
      session.on('close', () => this.#sessions.delete(session))
    })
    server.on('stream', (stream) => {
      stream.on('error', () => {})
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end(SERVING)
    })
    return (await listen(server, { port, host: '127.0.0.1' })).port
  }

  /** Dies as a killed process does: the port closes and every connection breaks. Resolves when it is gone. */
  async kill(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    const closed = new Promise((resolve) => server.close(resolve))
    for (const session of this.#sessions) session.destroy()
    await closed
  }
}
