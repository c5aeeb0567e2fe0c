import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { now } from './time.mjs'

/** Thousands of clients may connect at once; the kernel lowers this to its limit. */
const BACKLOG = 4096

/**
 * A minimal registry inside the bench that records when things happen. Emits `accepted` (ms) for each TCP connection and
 * `registered` ({atMs, socket}) for each WebSocket, once it has sent the acknowledgement.
 */
export class RecordingRegistry extends EventEmitter {
  #http = createServer((_, response) => response.writeHead(404).end())
  #sockets = new WebSocketServer({
    server: this.#http,
    perMessageDeflate: false,
    handleProtocols: ([first]) => first,
  })

  async start() {
    this.#http.on('connection', () => this.emit('accepted', now()))
    this.#sockets.on('connection', (socket) => {
      socket.on('error', () => {})
      socket.send('{"name":"sys","payload":"registered"}')
      this.emit('registered', { atMs: now(), socket })
    })
    this.#http.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG })
    await once(this.#http, 'listening')
    return this
  }

  get port() {
    return this.#http.address().port
  }

  /** Breaks all connections and closes the port. */
  async end() {
    for (const socket of this.#sockets.clients) socket.terminate()
    this.#sockets.close()
    this.#http.close()
    this.#http.closeAllConnections()
  }
}
