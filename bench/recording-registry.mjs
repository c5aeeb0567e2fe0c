import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { now } from './time.mjs'

/** Thousands of clients may connect at once; the kernel lowers this to its limit. */
const BACKLOG = 4096

const HOST_QUERY = '{"name":"hostie"'
const HOST_ANSWER = '{"name":"hostie","payload":"127.0.0.1"}'
/** No measured port query has this one. */
const PORT_QUERY_ID = '"id":-9007199254740991'
const PORT_QUERY = `{"name":"jsonrpc","payload":{"jsonrpc":"2.0",${PORT_QUERY_ID},"method":"getHostieGrpcPort"}}`

/**
 * A minimal registry inside the bench that records when things happen. Emits `accepted` (ms) for each TCP connection and
 * `registered` ({atMs, socket}) for each WebSocket, once it has sent the acknowledgement, and `hostQuery` (ms) for each host query. It
 * answers those only if it is told to, as the public registry does: it asks for the port, and says the host when it has it.
 */
export class RecordingRegistry extends EventEmitter {
  #http = createServer((_, response) => response.writeHead(404).end())
  #sockets = new WebSocketServer({
    server: this.#http,
    perMessageDeflate: false,
    handleProtocols: ([first]) => first,
  })
  #answersHostQueries

  constructor({ answersHostQueries = false } = {}) {
    super()
    this.#answersHostQueries = answersHostQueries
  }

  async start() {
    this.#http.on('connection', () => this.emit('accepted', now()))
    this.#sockets.on('connection', (socket) => {
      socket.on('error', () => {})
      socket.send('{"name":"sys","payload":"registered"}')
      socket.on('message', (data) => this.#onMessage(socket, String(data)))
      this.emit('registered', { atMs: now(), socket })
    })
    this.#http.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG })
    await once(this.#http, 'listening')
    return this
  }

  #onMessage(socket, text) {
    if (text.startsWith(HOST_QUERY)) {
      this.emit('hostQuery', now())
      if (this.#answersHostQueries) socket.send(PORT_QUERY)
    } else if (text.includes(PORT_QUERY_ID)) socket.send(HOST_ANSWER)
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
