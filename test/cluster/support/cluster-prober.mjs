// Asks for URLs at a fixed interval, each whether or not it has answered before, and keeps what each said and when.
// options: {}
import { Agent, get } from 'node:http'
import { Poller } from '../../../bench/truth/pollers.mjs'
import { ready } from '../../peers/peer.mjs'

/** A node that stood still answers what it was asked meanwhile. */
const PATIENCE_MS = 20_000
const agent = new Agent({ keepAlive: true })
const pollers = []

ready(0, {
  // {node, token, url, everyMs}: from now on
  watch: ({ node, token, url, everyMs }) => {
    const poller = new Poller(everyMs, () => ask(url, { agent }))
    pollers.push({ node, token, poller, run: poller.run() })
  },
  // Asks no more, waits for what is open, and says all.
  end: async () => {
    for (const { poller, run } of pollers) {
      await poller.stop()
      // It may have been about to ask once more.
      await run
      await poller.stop()
    }
    return pollers.splice(0).map(({ node, token, poller }) => ({ node, token, samples: poller.samples }))
  },
  // {url}: {status, text}, over a connection of its own
  get: ({ url }) => ask(url, { agent: false }),
})

/** Never rejects: status 0 is no answer, and the text says why. */
function ask(url, options) {
  return new Promise((resolve) => {
    const failed = (error) => resolve({ status: 0, text: error.code ?? error.name })
    const request = get(url, { ...options, signal: AbortSignal.timeout(PATIENCE_MS) }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      response.once('error', failed)
      response.once('end', () => resolve({ status: response.statusCode, text }))
    })
    request.once('error', failed)
  })
}
