// Registrants that come, move and leave at the nodes of a cluster, and clients that discover them, in one process: so that it is known what
// was true when. Each link of a registrant answers with a port of its own. A lost link is made again at the next node, as sidecars do.
// Over IPC: `counts`; `faulty` {since}: the engine is in trouble, or is not any more; `hold`: nobody
// comes or leaves any more; `end`: nobody comes back, and all leave.
// Usage: node cluster-churn.mjs PORT,PORT… REGISTRANTS DISCOVERIES_PER_SECOND SEED
import { Agent, get } from 'node:http'
import { GRACE_MS, Place } from './churn/place.mjs'
import { now, sleep } from './time.mjs'
import { randomOf } from './truth/random.mjs'

const BATCH_MS = 20
const CONNECTIONS = 128
/** The share of discoveries of tokens that nobody ever has. */
const UNKNOWN_SHARE = 0.05
const EXAMPLES = 20
const TICK_MS = 50
/** A late timer, in milliseconds. */
const STALL_MS = 300
const PATIENCE_MS = 15_000

const [list, ...numbers] = process.argv.slice(2)
const ports = list.split(',').map(Number)
const [count, perSecond, seed] = numbers.map(Number)
const random = randomOf(seed)
const counts = {
  found: 0,
  notFound: 0,
  unknowable: 0,
  unanswered: 0,
  slow: 0,
  unjudged: 0,
  wrong: 0,
  older: 0,
  examples: [],
}
let ending = false
const world = {
  ports,
  random,
  faults: [],
  isHeld: false,
  counts: { registered: 0, lost: 0, moved: 0, refused: 0 },
}
const places = Array.from({ length: count }, (_, index) => new Place(world, `insecure_soak-${seed}-${index}`))
/** When this process stood still: what it saw then, it saw late, and judges nothing by it. */
const stalls = []
let tickMs = now()
setInterval(() => {
  if (now() - tickMs > STALL_MS) stalls.push({ fromMs: tickMs, toMs: now() })
  tickMs = now()
}, TICK_MS).unref()
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })

function ask(port, token) {
  return new Promise((resolve) => {
    const failed = () => resolve({ status: 0, body: '' })
    const path = `/v0/hosties/${token}`
    const request = get({ port, host: '127.0.0.1', path, agent, timeout: PATIENCE_MS }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text) => {
        body += text
      })
      response.on('end', () => resolve({ status: response.statusCode, body }))
      response.on('error', failed)
    })
    request.on('timeout', () => request.destroy(new Error('no answer')))
    request.on('error', failed)
  })
}

async function discover() {
  const port = ports[Math.floor(random() * ports.length)]
  const isUnknown = random() < UNKNOWN_SHARE
  const place = places[Math.floor(random() * places.length)]
  const askedMs = now()
  const { status, body } = await ask(port, isUnknown ? 'insecure_unknown' : place.token)
  const answeredMs = now()
  if (answeredMs - askedMs > 3000) counts.slow += 1
  // The node is away: a client asks another one.
  if (status === 0) counts.unanswered += 1
  else if (status === 503) counts.unknowable += 1
  else {
    // What has happened to a link is known here a moment later.
    await sleep(2 * GRACE_MS)
    const isLate = stalls.some(({ fromMs, toMs }) => toMs > askedMs - GRACE_MS && fromMs < now())
    if (isLate) counts.unjudged += 1
    else judge(place, isUnknown, { status, body, askedMs, answeredMs, port })
  }
}

function judge(place, isUnknown, { status, body, askedMs, answeredMs, port }) {
  counts[status === 200 ? 'found' : 'notFound'] += 1
  const verdict = verdictOf()
  if (verdict === undefined) return
  counts[verdict] += 1
  const example = `${verdict}: ${status} ${body} from ${port}, ${Math.round(answeredMs - askedMs)} ms; ${place.story(askedMs)}`
  if (counts.examples.length < EXAMPLES) counts.examples.push(example)

  function verdictOf() {
    if (isUnknown) return status === 404 ? undefined : 'wrong'
    if (status === 404) return place.mayBeAbsent(askedMs, answeredMs) ? undefined : 'wrong'
    if (status !== 200) return 'wrong'
    return place.verdict(JSON.parse(body).port, askedMs, answeredMs)
  }
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

const REQUESTS = {
  counts: () => {},
  faulty: ({ since }) => {
    if (since) world.faults.push({ sinceMs: now(), untilMs: Number.POSITIVE_INFINITY })
    else world.faults.at(-1).untilMs = now()
  },
  hold: () => {
    world.isHeld = true
  },
  end: async () => {
    ending = true
    await Promise.all([asking, ...places.map((place) => place.end())])
    agent.destroy()
  },
}
process.on('message', async (request) => {
  await REQUESTS[request.type](request)
  const links = places.reduce((sum, place) => sum + place.size, 0)
  process.send({ ...counts, ...world.counts, links, tokens: places.filter(({ size }) => size > 0).length })
})
process.on('disconnect', () => process.exit())
for (const place of places) void place.run()
const asking = discoverRepeatedly()
process.send({ ready: true })
