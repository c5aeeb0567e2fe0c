import { Agent, get } from 'node:http'
import { connect, constants } from 'node:http2'
import { now, sleep } from '../time.mjs'

const { NGHTTP2_CANCEL } = constants

/** The interval at which the puppet and discovery are polled. */
export const POLL_INTERVAL_MS = 50
/** A puppet that takes longer counts as unable to answer. */
const TRUTH_MS = 300
/** The public registry's server waits 5 s for the port query, and may take 5 s to check the port. */
const DISCOVERY_MS = 12_000
/** The interval at which a sidecar is asked for its own view: longer, because a hold or an alarm lasts and asking has a cost. */
export const SIDECAR_INTERVAL_MS = 100
const SIDECAR_MS = 1000

const HEALTH_CHECK = {
  ':method': 'POST',
  ':path': '/grpc.health.v1.Health/Check',
  'content-type': 'application/grpc',
  te: 'trailers',
}
const EMPTY_MESSAGE = Buffer.alloc(5)

/** Calls `ask` at a fixed interval, whether or not the calls before it have resolved. */
export class Poller {
  #ask
  #everyMs
  #over = false
  #open = new Set()
  samples = []

  /** @param {() => Promise<object>} ask never rejects; its result becomes part of the sample */
  constructor(everyMs, ask) {
    this.#everyMs = everyMs
    this.#ask = ask
  }

  /** Resolves after `stop`. */
  async run() {
    for (let dueMs = now(); !this.#over; dueMs += this.#everyMs) {
      await sleep(Math.max(0, dueMs - now()))
      const one = this.#once()
      this.#open.add(one)
      void one.then(() => this.#open.delete(one))
    }
  }

  async #once() {
    const sample = { askedMs: now() }
    this.samples.push(sample)
    Object.assign(sample, await this.#ask())
    sample.answeredMs = now()
  }

  /** Asks no more; resolves when all calls have resolved. */
  async stop() {
    this.#over = true
    await Promise.all(this.#open)
  }
}

/** Asks the puppet itself whether it can answer, over one connection as long as that lasts. Samples: `{askedMs, answeredMs, up}`. */
export function truthPoller(puppetPort) {
  let session
  const ask = () =>
    new Promise((resolve) => {
      if (session === undefined || session.closed || session.destroyed) session = openSession(puppetPort)
      const call = session.request(HEALTH_CHECK)
      const limit = setTimeout(() => {
        call.close(NGHTTP2_CANCEL)
        answer(false)
      }, TRUTH_MS)
      const answer = (up) => {
        clearTimeout(limit)
        resolve({ up })
      }
      call.resume().on('response', (headers) => answer(headers[':status'] === 200))
      call.on('error', () => {})
      call.on('close', () => answer(false))
      call.end(EMPTY_MESSAGE)
    })
  return new Poller(POLL_INTERVAL_MS, ask)
}

function openSession(port) {
  const session = connect(`http://127.0.0.1:${port}`)
  session.on('error', () => {})
  session.on('goaway', () => session.close())
  session.unref()
  return session
}

/**
 * Discovers the puppet. Samples: `{askedMs, answeredMs, named, how}`; `named` is whether the answer is the puppet's
 * address, `how` the answer in short.
 */
export function discoveryPoller({ registryPort, token, puppetPort }) {
  const agent = new Agent({ keepAlive: true })
  const url = `http://127.0.0.1:${registryPort}/v0/hosties/${token}`
  const ask = () =>
    new Promise((resolve) => {
      const signal = AbortSignal.timeout(DISCOVERY_MS)
      const failed = (error) => resolve({ named: false, how: error.code ?? error.name })
      get(url, { agent, signal }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (more) => {
          text += more
        })
        response.on('end', () => resolve(read(response.statusCode, text, puppetPort)))
        response.on('error', failed)
      }).on('error', failed)
    })
  return new Poller(POLL_INTERVAL_MS, ask)
}

function read(status, text, puppetPort) {
  if (status !== 200) return { named: false, how: String(status) }
  const { host, port } = JSON.parse(text)
  return { named: host === '127.0.0.1' && port === puppetPort, how: `${host}:${port}` }
}

/**
 * Asks the sidecar whether it holds the puppet back because it flaps, and what it has found out about discovery.
 * Samples: `{askedMs, answeredMs, held, discovery}`; `discovery` is undefined while the sidecar does not answer, and null while it knows
 * nothing.
 */
export function sidecarPoller(adminPort) {
  const ask = async () => {
    try {
      const signal = AbortSignal.timeout(SIDECAR_MS)
      const response = await fetch(`http://127.0.0.1:${adminPort}/status`, { signal })
      const { puppet, tokens } = await response.json()
      const held = puppet.state !== 'healthy' && puppet.reason.startsWith('flapping')
      return { held, discovery: tokens[0]?.discovery ?? null }
    } catch {
      return { held: false }
    }
  }
  return new Poller(SIDECAR_INTERVAL_MS, ask)
}
