// Registrants that register and leave, and clients that discover them, in one process. Each registrant stays for a random
// time and leaves by a close, a reset, a half close, or in silence. Most answer port queries; some slowly, some never, some
// with nonsense. Starts at once. Over IPC it sends its counts at a request for `counts` and, at `end`, once all of its
// registrants have left.
// Usage: node registrant-churn.mjs PORT REGISTRANTS DISCOVERIES_PER_SECOND
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { Asking } from './churn/asking.mjs'
import { connectRegistrant } from './churn/connection.mjs'
import { sleep } from './time.mjs'

const STAY_MS = { least: 1000, most: 60_000 }
/** Longer than a registry takes to miss a pong (15 s to the ping, 5 s for the pong), with room for a busy machine. */
const SILENT_MS = 40_000
const SLOW_MS = 1500
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
  promptly: (reply) => reply(openPort),
  slowly: (reply) => setTimeout(() => reply(openPort), SLOW_MS),
  never: () => {},
  nonsense: (reply) => reply('a port'),
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
  let acknowledge
  const acknowledged = new Promise((resolve) => {
    acknowledge = resolve
  })
  const socket = connectRegistrant(
    { port, token, id: token },
    {
      registered: () => acknowledge(true),
      queried: (reply) => {
        counts.portQueries += 1
        ANSWERS[answersHow](reply)
      },
    },
  )
  const closed = new Promise((resolve) => socket.on('close', resolve))
  void closed.then(() => acknowledge(false))
  socket.on('error', () => {
    counts.refused += 1
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

const asking = new Asking()

async function discover() {
  const tokens = [...registered.keys()]
  const token =
    Math.random() < UNKNOWN_SHARE
      ? randomUUID()
      : (tokens[Math.floor(Math.random() * tokens.length)] ?? 'unknown')
  const answersHow = registered.get(token)
  try {
    const { status, body } = await asking.ask(port, token)
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

const all = Promise.all([
  asking.repeat(perSecond, discover, () => ending),
  ...Array.from({ length: count }, registerRepeatedly),
])
process.on('message', async ({ type }) => {
  if (type === 'end') {
    ending = true
    endAll()
    await all
    asking.end()
  }
  process.send({ ...counts, now: registered.size })
})
process.on('disconnect', () => process.exit())
process.send({ ready: true })
