// Asks what is to be asked inside a network namespace, for a test that is outside.
// options: {}
import http from 'node:http'
import { ready } from '../../peers/peer.mjs'

let changes = []
let watches = 0

ready(0, {
  get: ({ url }) => get(url),
  // From now on asks for `url` again and again, and keeps each answer that differs from the last.
  watch: ({ url, everyMs }) => {
    changes = []
    watches += 1
    void watch(url, everyMs, watches)
  },
  changes: () => changes,
  unwatch: () => {
    watches += 1
  },
})

async function watch(url, everyMs, number) {
  while (number === watches) {
    const { status, text } = await get(url).catch((error) => ({ status: 0, text: error.message }))
    if (number !== watches) return
    const answer = `${status} ${text}`
    if (changes.at(-1)?.answer !== answer) changes.push({ atMs: Date.now(), answer })
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

/** One GET on a connection of its own. */
function get(url) {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent: false, signal: AbortSignal.timeout(9000) })
    request.once('error', reject)
    request.once('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => {
        text += chunk
      })
      response.once('error', reject)
      response.once('end', () => resolve({ status: response.statusCode, text }))
    })
  })
}
