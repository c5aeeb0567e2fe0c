import { Agent, get } from 'node:http'
import { now, sleep } from '../time.mjs'

const BATCH_MS = 20
/** Enough that discoveries of slow or silent registrants do not delay the others. */
const CONNECTIONS = 128
const PATIENCE_MS = 15_000

/** Its registry took a discovery and said nothing. */
export class NoAnswer extends Error {
  constructor() {
    super(`no answer in ${PATIENCE_MS / 1000} s`)
  }
}

/** The clients: what they ask, over connections that are kept, and how often. */
export class Asking {
  #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })

  /** Where the puppet of a token is, as `askFor` says it. */
  ask(port, token) {
    return this.askFor(port, `/v0/hosties/${token}`)
  }

  /** Resolves with `status` and `body`; rejects where there is no answer, with `NoAnswer` or why the connection broke. */
  askFor(port, path) {
    return new Promise((resolve, reject) => {
      const options = { port, host: '127.0.0.1', path, agent: this.#agent, timeout: PATIENCE_MS }
      const request = get(options, (response) => {
        let body = ''
        response.setEncoding('utf8').on('data', (text) => {
          body += text
        })
        response.on('end', () => resolve({ status: response.statusCode, body }))
        response.on('error', reject)
      })
      request.on('timeout', () => request.destroy(new NoAnswer()))
      request.on('error', reject)
    })
  }

  /** Calls `discover` so often, until `isOver()`. Resolves when all calls have. */
  async repeat(perSecond, discover, isOver) {
    const pending = new Set()
    const beganMs = now()
    for (let asked = 0; !isOver(); ) {
      const due = Math.floor(((now() - beganMs) * perSecond) / 1000)
      for (; asked < due; asked += 1) {
        const one = discover().finally(() => pending.delete(one))
        pending.add(one)
      }
      await sleep(BATCH_MS)
    }
    await Promise.all(pending)
  }

  end() {
    this.#agent.destroy()
  }
}
