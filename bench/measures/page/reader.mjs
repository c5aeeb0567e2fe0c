import { once } from 'node:events'
import { get } from 'node:http'

const FILES = ['/', '/page.css', '/page.js']
/** How often a page reads the list of tokens again while things change, in milliseconds: src/page/tokens.ts. */
const REFRESH_MS = 2000

/** Opens the page of a sidecar as a browser does, and follows it until `end`. */
export async function openPage(port) {
  for (const path of FILES) {
    const { statusCode, size } = await load(port, path)
    if (statusCode !== 200 || size === 0) throw new Error(`${path}: HTTP ${statusCode}`)
  }
  const [stream] = await once(ask(port, '/updates'), 'response')
  if (stream.statusCode !== 200) throw new Error(`/updates: HTTP ${stream.statusCode}`)
  let counts = { updates: 0, bytes: 0, breaks: 0 }
  let rest = ''
  const readList = listReader(port)
  stream.on('error', () => {})
  stream.on('close', () => {
    counts.breaks += 1
  })
  stream.setEncoding('utf8').on('data', (text) => {
    counts.bytes += text.length
    const updates = (rest + text).split('\n\n')
    rest = updates.pop()
    for (const update of updates) {
      counts.updates += 1
      const { status } = JSON.parse(update.slice(update.indexOf('data: ') + 6))
      if (status.matching > 1) readList()
    }
  })
  return {
    /** Counts from now on. */
    begin: () => {
      counts = { updates: 0, bytes: 0, breaks: counts.breaks }
    },
    counts: () => ({ ...counts }),
    end: async () => void stream.destroy(),
  }
}

/** Reads the list as the page does: what changes shortly after a look is seen by the next one. */
function listReader(port) {
  let readMs = Number.NEGATIVE_INFINITY
  let waiting = false
  return () => {
    if (waiting) return
    waiting = true
    const timer = setTimeout(
      () => {
        waiting = false
        readMs = performance.now()
        load(port, '/status?offset=0&limit=100&text=').catch(() => {})
      },
      Math.max(0, readMs + REFRESH_MS - performance.now()),
    )
    timer.unref()
  }
}

async function load(port, path) {
  const [response] = await once(ask(port, path), 'response')
  let size = 0
  for await (const chunk of response) size += chunk.length
  return { statusCode: response.statusCode, size }
}

function ask(port, path) {
  return get({ host: '127.0.0.1', port, path, agent: false })
}
