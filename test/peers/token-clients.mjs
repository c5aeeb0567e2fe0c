// Many TypeScript bots that look for their puppets: each discovery is one of `wechaty-token`, which decides what it asks again, and when.
// Only the scheme is not its own: it asks http, because no certificate is wanted here.
// options: {authority, keepAlive}. `keepAlive`: connections are kept, as within one process of Node.js; else each has its own, as of many processes.
// `begin` {tokens, place, perSecond}: from now on · `end` → {asked, seconds, retried, slowestMs, latestStartMs, reasons, failed, examples}
import './silence.mjs'
import http from 'node:http'
import { WechatyToken } from 'wechaty-token'
import { OpenLoop } from '../../bench/open-loop.mjs'
import { now, sleep } from '../../bench/time.mjs'
import { options, ready } from './peer.mjs'

const BATCH_MS = 5
/** `wechaty-token` has no limit of its own, but SDKs in other languages wait 10 s. */
const PATIENCE_MS = 10_000
const EXAMPLES = 20

if (!options.keepAlive) http.globalAgent = new http.Agent({ keepAlive: false })

class Client extends WechatyToken {
  /** What each try but the last got that found nothing. */
  reasons = []

  async discoverApi(url) {
    try {
      const body = await super.discoverApi(url.replace('https:', 'http:'))
      if (body === undefined) this.reasons.push('HTTP/4xx')
      return body
    } catch (error) {
      this.reasons.push(/HTTP\/\d+|E[A-Z]{4,}|hang up/.exec(error.message)?.[0] ?? error.message)
      throw error
    }
  }
}

const seen = { asked: 0, retried: 0, slowestMs: 0, reasons: {}, failed: 0, examples: [] }
const open = new Set()
let [loop, beganMs] = []

async function discover(token, place) {
  const client = new Client({ authority: options.authority, token })
  const askedMs = now()
  const one = { client, askedMs }
  open.add(one)
  const found = await client.discover()
  // Too late: it has been counted.
  if (!open.delete(one)) return
  count(one, found && `${found.host}:${found.port}`, place)
}

function count({ client, askedMs }, told, place) {
  const { reasons, token } = client
  const tookMs = now() - askedMs
  seen.asked += 1
  seen.slowestMs = Math.max(seen.slowestMs, tookMs)
  for (const reason of reasons) seen.reasons[reason] = (seen.reasons[reason] ?? 0) + 1
  if (told === place) {
    seen.retried += reasons.length > 0 ? 1 : 0
    return
  }
  seen.failed += 1
  const example = `${token}: ${told ?? 'nothing'} after ${Math.round(tookMs)} ms (${reasons.join(', ')})`
  if (seen.examples.length < EXAMPLES) seen.examples.push(example)
}

ready(0, {
  begin: ({ tokens, place, perSecond }) => {
    beganMs = now()
    const next = (index) => discover(tokens[index % tokens.length], place)
    loop = new OpenLoop(perSecond, next, { batchMs: BATCH_MS })
  },
  end: async () => {
    await Promise.race([loop.end(), sleep(PATIENCE_MS)])
    for (const one of open) count(one, 'no answer')
    open.clear()
    const times = { slowestMs: seen.slowestMs, latestStartMs: loop.latestMs }
    const whole = Object.entries(times).map(([name, ms]) => [name, Math.round(ms)])
    return { ...seen, ...Object.fromEntries(whole), seconds: (now() - beganMs) / 1000 }
  },
})
