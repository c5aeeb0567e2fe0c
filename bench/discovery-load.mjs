// Load of discoveries: asks a registry over kept-alive connections, each as soon as it has its last answer. Takes requests
// over IPC: {pids, ports, tokens, order: 'once' | 'random', ms, status, right, connections}. `once` asks for each token at most once, in
// order; `random` for any of them; both end after `ms`. Of several ports each has as many of the connections. Answers with how long each
// discovery took and all of them together, and the seconds of processor time that each of the processes `pids` used meanwhile, and this one.
// Bare sockets: the client of node:http uses more processor time than the measured server.
import { connect } from 'node:net'
import { cpuOf } from './process-usage.mjs'
import { now } from './time.mjs'

/** Connecting is not part of a discovery, nor is waking an idle server and core. */
const WARM_UP_MS = 100
/** An answer is a few hundred bytes. */
const BUFFER_BYTES = 16 * 1024

/** One connection; `ask` resolves with the answer, all of it. */
class Connection {
  #socket
  #text = ''
  #answered = () => {}

  constructor(port) {
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(BUFFER_BYTES),
        callback: (bytes, buffer) => this.#onText(buffer.latin1Slice(0, bytes)),
      },
    })
    this.#socket.on('close', () => {
      throw new Error('the registry closed a connection')
    })
  }

  ask(token) {
    this.#socket.write(`GET /v0/hosties/${token} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`, 'latin1')
    return new Promise((resolve) => {
      this.#answered = resolve
    })
  }

  #onText(more) {
    const text = this.#text + more
    this.#text = isWhole(text) ? '' : text
    if (this.#text === '') this.#answered(text)
    return true
  }

  end() {
    this.#socket.removeAllListeners('close').destroy()
  }
}

/** Whether an answer is complete: as long as its Content-Length, or closed by an empty chunk. */
function isWhole(text) {
  const headEnds = text.indexOf('\r\n\r\n')
  if (headEnds < 0) return false
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1]
  return length === undefined ? text.endsWith('\r\n0\r\n\r\n') : text.length >= headEnds + 4 + Number(length)
}

async function discover({ pids, ports, tokens, order, ms, status = 200, right, connections: count = 16 }) {
  const connections = Array.from({ length: count }, (_, index) => new Connection(ports[index % ports.length]))
  const warmUpBeganMs = now()
  const warm = async (connection) => {
    while (now() - warmUpBeganMs < WARM_UP_MS) await connection.ask('unknown')
  }
  await Promise.all(connections.map(warm))
  const tookMs = []
  let asked = 0
  const next = {
    once: () => tokens[asked],
    random: () => tokens[Math.floor(Math.random() * tokens.length)],
  }[order]
  const [cpus, ownCpu] = [pids.map(cpuOf), cpuOf(process.pid)]
  const beganMs = now()
  const askRepeatedly = async (connection) => {
    for (let askedMs = now(); askedMs - beganMs < ms; ) {
      const token = next()
      if (token === undefined) return
      asked += 1
      const text = await connection.ask(token)
      const answeredMs = now()
      if (!text.startsWith(`HTTP/1.1 ${status} `) || !text.includes(right))
        throw new Error(`not ${right}: ${text}`)
      tookMs.push(answeredMs - askedMs)
      askedMs = answeredMs
    }
  }
  await Promise.all(connections.map(askRepeatedly))
  const seconds = (now() - beganMs) / 1000
  const used = {
    cpus: pids.map((pid, index) => cpuOf(pid) - cpus[index]),
    ownCpu: cpuOf(process.pid) - ownCpu,
  }
  for (const connection of connections) connection.end()
  return { seconds, tookMs, ...used }
}

process.on('message', async (request) => process.send(await discover(request)))
process.on('disconnect', () => process.exit())
process.send({ ready: true })
