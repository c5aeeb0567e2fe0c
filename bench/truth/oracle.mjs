import { WebSocket } from 'ws'

/** What should not be needed: it is told when the way is open. */
const AGAIN_MS = 50
const LONGEST_HANDSHAKE_MS = 10_000

/**
 * A registrant that is told the truth. What discovery answers wrongly with it is the floor: it belongs to the outage and to the
 * registry, and no registrant could lie less.
 */
export class Oracle {
  #url
  #token
  #puppetPort
  #puppetUp = true
  #wayOpen = true
  #socket
  #timer
  #over = false

  constructor({ token, puppetPort, registryPort }) {
    this.#url = `ws://127.0.0.1:${registryPort}/v0/websocket`
    this.#token = token
    this.#puppetPort = puppetPort
  }

  async start() {
    this.#follow()
  }

  async end() {
    this.#over = true
    this.#drop()
  }

  /** @param {('puppet' | 'way' | 'link')[]} told what a fault does that begins now */
  hearBegin(told) {
    if (told.includes('puppet')) this.#puppetUp = false
    if (told.includes('way')) this.#wayOpen = false
    if (told.includes('way') || told.includes('link')) this.#drop()
    this.#follow()
  }

  /** What was told of a fault is over. */
  hearEnd(told) {
    if (told.includes('puppet')) this.#puppetUp = true
    if (told.includes('way')) this.#wayOpen = true
    this.#follow()
  }

  #follow() {
    clearTimeout(this.#timer)
    const wanted = this.#puppetUp && this.#wayOpen && !this.#over
    if (wanted && this.#socket === undefined) this.#register()
    else if (!wanted && this.#socket !== undefined) this.#withdraw()
  }

  #register() {
    const socket = new WebSocket(this.#url, `io|0.0.1|oracle-${this.#token}||${this.#puppetPort}`, {
      headers: { authorization: `Token ${this.#token}` },
      handshakeTimeout: LONGEST_HANDSHAKE_MS,
      perMessageDeflate: false,
    })
    this.#socket = socket
    socket.on('error', () => {})
    socket.on('message', (data) => this.#answer(socket, JSON.parse(data.toString())))
    socket.on('close', () => {
      if (socket !== this.#socket) return
      this.#socket = undefined
      this.#timer = setTimeout(() => this.#follow(), AGAIN_MS)
    })
  }

  #answer(socket, { name, payload }) {
    if (name !== 'jsonrpc') return
    const answer = { jsonrpc: '2.0', id: payload.id, result: this.#puppetPort }
    socket.send(JSON.stringify({ name: 'jsonrpc', payload: answer }))
  }

  /** Says goodbye. */
  #withdraw() {
    this.#socket.close(1000)
    this.#socket = undefined
  }

  /** A link of which it is told that it is lost needs no goodbye. */
  #drop() {
    this.#socket?.terminate()
    this.#socket = undefined
  }
}
