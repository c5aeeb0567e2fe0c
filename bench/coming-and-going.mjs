// Registrants that come and go, and clients that ask for them, in one process. Each registrant lives for a random time and
// ends in one of the ways in which they do: a close, a reset, a half close, or a death that nobody is told of. Most answer
// their questions; some slowly, some never, some with nonsense. Begins when it is started; over IPC it tells what it has
// seen when it is asked to `tell`, and, when it is asked to `end`, once all of its registrants are gone.
// Usage: node coming-and-going.mjs PORT REGISTRANTS DISCOVERIES_PER_SECOND
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { createServer } from 'node:net'
import { WebSocket } from 'ws'
import { now, sleep } from './time.mjs'

const LIFE_MS = { least: 1000, most: 60_000 }
/** Longer than a registry takes to miss a pong (15 s to the ping, 5 s for the pong), with room for a busy machine. */
const DEAD_MS = 40_000
const SLOW_MS = 1500
const TURN_MS = 20
/** As many discoveries may wait for those who answer slowly or never: the others go on at their rate. */
const CONNECTIONS = 128
/** A share of discoveries for tokens of nobody. */
const NOBODY_SHARE = 0.1

const [port, count, perSecond] = process.argv.slice(2).map(Number)
const seen = {
  registered: 0,
  dead: 0,
  refused: 0,
  questions: 0,
  found: 0,
  notFound: 0,
  wrong: 0,
  failed: 0,
  example: '',
}
const living = new Map()
let ending = false

const puppet = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
await once(puppet, 'listening')
const openPort = puppet.address().port

/** One of `ways`, an object of weights. */
function oneOf(ways) {
  let at = Math.random() * Object.values(ways).reduce((sum, weight) => sum + weight)
  for (const [way, weight] of Object.entries(ways)) {
    at -= weight
    if (at < 0) return way
  }
  return Object.keys(ways)[0]
}

const ANSWERS = {
  promptly: (socket, id) => say(socket, { id, result: openPort }),
  slowly: (socket, id) => setTimeout(() => say(socket, { id, result: openPort }), SLOW_MS),
  never: () => {},
  nonsense: (socket, id) => say(socket, { id, result: 'a port' }),
}

function say(socket, message) {
  const payload = { jsonrpc: '2.0', ...message }
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ name: 'jsonrpc', payload }))
}

const ENDS = {
  close: (socket) => socket.close(1000),
  reset: (socket) => socket.terminate(),
  halfClose: (socket) => socket._socket.end(),
  // It reads nothing any more, so that no ping is answered; the kernel keeps the connection.
  die: async (socket) => {
    seen.dead += 1
    socket._socket.pause()
    await sleep(DEAD_MS)
    socket.terminate()
  },
}

/** One life of a registrant, from connecting to its socket's close. */
async function live() {
  const token = randomUUID()
  const manner = oneOf({ promptly: 80, slowly: 10, never: 5, nonsense: 5 })
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v0/websocket`, [`io|0.0.1|${token}||`], {
    headers: { Authorization: `Token ${token}` },
    perMessageDeflate: false,
  })
  const closed = new Promise((resolve) => socket.on('close', resolve))
  socket.on('error', () => {
    seen.refused += 1
  })
  const registered = new Promise((resolve) => {
    socket.on('message', (data) => {
      const { name, payload } = JSON.parse(data)
      if (name === 'sys' && payload === 'registered') resolve(true)
      if (name !== 'jsonrpc') return
      seen.questions += 1
      ANSWERS[manner](socket, payload.id)
    })
    void closed.then(() => resolve(false))
  })
  if (!(await registered)) return
  seen.registered += 1
  living.set(token, manner)
  const lastsMs = LIFE_MS.least + Math.random() * (LIFE_MS.most - LIFE_MS.least)
  // Whoever lives when all of it ends, ends then.
  await Promise.race([sleep(lastsMs), closed, ended])
  living.delete(token)
  await ENDS[ending ? 'close' : oneOf({ close: 50, reset: 20, halfClose: 15, die: 15 })](socket)
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
  const tokens = [...living.keys()]
  const token =
    Math.random() < NOBODY_SHARE
      ? randomUUID()
      : (tokens[Math.floor(Math.random() * tokens.length)] ?? 'nobody')
  const manner = living.get(token)
  try {
    const { status, body } = await ask(token)
    seen[status === 200 ? 'found' : 'notFound'] += 1
    if (isRight(status, JSON.parse(body), manner, living.get(token))) return
    seen.wrong += 1
    seen.example ||= `${status} ${body} for one that answers ${manner}`
  } catch (error) {
    seen.failed += 1
    seen.example ||= String(error)
  }
}

/** Whether an answer may be what it is, for one that was there before and after it, or not. */
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

async function liveAgain() {
  // They do not all come at once.
  await Promise.race([sleep(Math.random() * 10_000), ended])
  while (!ending) await live()
}

async function discoverAgain() {
  const pending = new Set()
  const beganMs = now()
  for (let asked = 0; !ending; ) {
    const due = Math.floor(((now() - beganMs) * perSecond) / 1000)
    for (; asked < due; asked += 1) {
      const one = discover().finally(() => pending.delete(one))
      pending.add(one)
    }
    await sleep(TURN_MS)
  }
  await Promise.all(pending)
}

const all = Promise.all([discoverAgain(), ...Array.from({ length: count }, liveAgain)])
process.on('message', async ({ want }) => {
  if (want === 'end') {
    ending = true
    endAll()
    await all
    agent.destroy()
  }
  process.send({ ...seen, living: living.size })
})
process.on('disconnect', () => process.exit())
process.send({ ready: true })
