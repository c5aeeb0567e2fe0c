import { WebSocket } from 'ws'

/** The pause before it registers again. Seldom needed: it learns when the registry can be reached. */
const RETRY_MS = 50
const LONGEST_HANDSHAKE_MS = 10_000

/**
 * A registrant that learns of each fault at once. The lie time with it is the floor: it belongs to the outage and to the registry,
 * and no registrant could have less.
 */
export class Oracle {
  #url
  #token
  #puppetPort
  #puppetUp = true
  #registryReachable = true
  #socket
  #timer
  #ended = false

  constructor({ token, puppetPort, registryPort }) {
    this.#url = `ws://127.0.0.1:${registryPort}/v0/websocket`
    this.#token = token
    this.#puppetPort = puppetPort
  }

  async start() {
    this.#update()
  }

  async end() {
    this.#ended = true
    this.#drop()
  }

  /** @param {Effect[]} effects of a fault that begins now, see faults.mjs */
  onFaultBegin(effects) {
    if (effects.includes('puppet-down')) this.#puppetUp = false
    if (effects.includes('registry-unreachable')) this.#registryReachable = false
    if (effects.includes('registry-unreachable') || effects.includes('link-lost')) this.#drop()
    this.#update()
  }

  /** @param {Effect[]} effects of a fault that has ended */
  onFaultEnd(effects) {
    if (effects.includes('puppet-down')) this.#puppetUp = true
    if (effects.includes('registry-unreachable')) this.#registryReachable = true
    this.#update()
  }

  #update() {
    clearTimeout(this.#timer)
    const wanted = this.#puppetUp && this.#registryReachable && !this.#ended
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
      this.#timer = setTimeout(() => this.#update(), RETRY_MS)
    })
  }

  #answer(socket, { name, payload }) {
    if (name !== 'jsonrpc') return
    const answer = { jsonrpc: '2.0', id: payload.id, result: this.#puppetPort }
    socket.send(JSON.stringify({ name: 'jsonrpc', payload: answer }))
  }

  /** Closes in order. */
  #withdraw() {
    this.#socket.close(1000)
    this.#socket = undefined
  }

  /** A lost link is not closed in order. */
  #drop() {
    this.#socket?.terminate()
    this.#socket = undefined
  }
}
