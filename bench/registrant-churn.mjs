// Registrants that register and leave, and clients that discover them, in one process. Each registrant stays for a random
// time and leaves by a close, a reset, a half close, or in silence. Most answer port queries; some slowly, some never, some
// with nonsense. Starts at once. Over IPC it sends its counts at a request for `counts` and, at `end`, once all of its
// registrants have left.
// Usage: node registrant-churn.mjs PORT REGISTRANTS DISCOVERIES_PER_SECOND
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { createServer } from 'node:net'
import { WebSocket } from 'ws'
import { now, sleep } from './time.mjs'

const STAY_MS = { least: 1000, most: 60_000 }
/** Longer than a registry takes to miss a pong (15 s to the ping, 5 s for the pong), with room for a busy machine. */
const SILENT_MS = 40_000
const SLOW_MS = 1500
const BATCH_MS = 20
/** Enough that discoveries of slow or silent registrants do not delay the others. */
const CONNECTIONS = 128
/** The share of discoveries of unknown tokens. */
const UNKNOWN_SHARE = 0.1

const [port, count, perSecond] = process.argv.slice(2).map(Number)
const counts = {
  registered: 0,
  silent: 0,
  refused: 0,
  portQueries: 0,
  found: 0,
  notFound: 0,
  wrong: 0,
  failed: 0,
  example: '',
}
/** How each registered token answers. */
const registered = new Map()
let ending = false

const puppet = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
await once(puppet, 'listening')
const openPort = puppet.address().port

/** A random key of `weights`, by its weight. */
function randomKey(weights) {
  let at = Math.random() * Object.values(weights).reduce((sum, weight) => sum + weight)
  for (const [key, weight] of Object.entries(weights)) {
    at -= weight
    if (at < 0) return key
  }
  return Object.keys(weights)[0]
}

const ANSWERS = {
  promptly: (socket, id) => send(socket, { id, result: openPort }),
  slowly: (socket, id) => setTimeout(() => send(socket, { id, result: openPort }), SLOW_MS),
  never: () => {},
  nonsense: (socket, id) => send(socket, { id, result: 'a port' }),
}

function send(socket, message) {
  const payload = { jsonrpc: '2.0', ...message }
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ name: 'jsonrpc', payload }))
}

const DEPARTURES = {
  close: (socket) => socket.close(1000),
  reset: (socket) => socket.terminate(),
  halfClose: (socket) => socket._socket.end(),
  // Reads nothing any more, so that no ping is answered; the kernel keeps the connection.
  goSilent: async (socket) => {
    counts.silent += 1
    socket._socket.pause()
    await sleep(SILENT_MS)
    socket.terminate()
  },
}

/** One registrant, from connecting to its socket's close. */
async function registerOnce() {
  const token = randomUUID()
  const answersHow = randomKey({ promptly: 80, slowly: 10, never: 5, nonsense: 5 })
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v0/websocket`, [`io|0.0.1|${token}||`], {
    headers: { Authorization: `Token ${token}` },
    perMessageDeflate: false,
  })
  const closed = new Promise((resolve) => socket.on('close', resolve))
  socket.on('error', () => {
    counts.refused += 1
  })
  const acknowledged = new Promise((resolve) => {
    socket.on('message', (data) => {
      const { name, payload } = JSON.parse(data)
      if (name === 'sys' && payload === 'registered') resolve(true)
      if (name !== 'jsonrpc') return
      counts.portQueries += 1
      ANSWERS[answersHow](socket, payload.id)
    })
    void closed.then(() => resolve(false))
  })
  if (!(await acknowledged)) return
  counts.registered += 1
  registered.set(token, answersHow)
  const staysMs = STAY_MS.least + Math.random() * (STAY_MS.most - STAY_MS.least)
  // At the end of the load all that are left leave.
  await Promise.race([sleep(staysMs), closed, ended])
  registered.delete(token)
  await DEPARTURES[ending ? 'close' : randomKey({ close: 50, reset: 20, halfClose: 15, goSilent: 15 })](
    socket,
  )
  await closed
}

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })

function ask(token) {
  return new Promise((resolve, reject) => {
    const request = get(
      { port, host: '127.0.0.1', path: `/v0/hosties/${token}`, agent, timeout: 15_000 },
      (response) => {
        let body = ''
        response.setEncoding('utf8').on('data', (text) => {
          body += text
        })
        response.on('end', () => resolve({ status: response.statusCode, body }))
      },
    )
    request.on('timeout', () => request.destroy(new Error('no answer in 15 s')))
    request.on('error', reject)
  })
}

async function discover() {
  const tokens = [...registered.keys()]
  const token =
    Math.random() < UNKNOWN_SHARE
      ? randomUUID()
      : (tokens[Math.floor(Math.random() * tokens.length)] ?? 'unknown')
  const answersHow = registered.get(token)
  try {
    const { status, body } = await ask(token)
    counts[status === 200 ? 'found' : 'notFound'] += 1
    if (isRight(status, JSON.parse(body), answersHow, registered.get(token))) return
    counts.wrong += 1
    counts.example ||= `${status} ${body} for one that answers ${answersHow}`
  } catch (error) {
    counts.failed += 1
    counts.example ||= String(error)
  }
}

/** Whether an answer is right, by how the token answered `before` and `after` it; undefined if it was not registered. */
function isRight(status, { host, ip, port: found }, before, after) {
  if (status === 404)
    return (
      found === 0 && (before === undefined || after === undefined || !['promptly', 'slowly'].includes(before))
    )
  return (
    status === 200 &&
    host === '127.0.0.1' &&
    ip === host &&
    found === openPort &&
    ['promptly', 'slowly'].includes(before)
  )
}

let endAll
const ended = new Promise((resolve) => {
  endAll = resolve
})

async function registerRepeatedly() {
  // They do not all register at once.
  await Promise.race([sleep(Math.random() * 10_000), ended])
  while (!ending) await registerOnce()
}

async function discoverRepeatedly() {
  const pending = new Set()
  const beganMs = now()
  for (let asked = 0; !ending; ) {
    const due = Math.floor(((now() - beganMs) * perSecond) / 1000)
    for (; asked < due; asked += 1) {
      const one = discover().finally(() => pending.delete(one))
      pending.add(one)
    }
    await sleep(BATCH_MS)
  }
  await Promise.all(pending)
}

const all = Promise.all([discoverRepeatedly(), ...Array.from({ length: count }, registerRepeatedly)])
process.on('message', async ({ type }) => {
  if (type === 'end') {
    ending = true
    endAll()
    await all
    agent.destroy()
  }
  process.send({ ...counts, now: registered.size })
})
process.on('disconnect', () => process.exit())
process.send({ ready: true })
