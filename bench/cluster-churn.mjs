// Registrants that come, move and leave at the nodes of a cluster, and clients that discover them, in one process: so that it is known what
// was true when. Each link of a registrant answers with a port of its own. A lost link is made again at any node, as sidecars do.
// Over IPC: `counts`; `strikes` {what, node or server}: the fault that follows; `over`: it is; `hold`: nobody
// comes or leaves any more; `end`: nobody comes back, and all leave.
// Usage: node cluster-churn.mjs NODES REGISTRANTS DISCOVERIES_PER_SECOND SEED
// NODES: JSON, a list of {port, adminPort}
import { Asking, NoAnswer } from './churn/asking.mjs'
import { Judging } from './churn/judging.mjs'
import { Place } from './churn/place.mjs'
import { GRACE_MS } from './churn/verdict.mjs'
import { now, sleep } from './time.mjs'
import { randomOf } from './truth/random.mjs'

/** The share of discoveries of tokens that nobody ever has. */
const UNKNOWN_SHARE = 0.05
/** The share of discoveries of tokens of which a registrant has come or gone lately: there mistakes are made. */
const CHANGED_SHARE = 0.5
const CHANGED_MS = 3000
const CHANGED_MOST = 500
/** When a fault strikes, more is asked: what goes wrong then may be over in a moment. */
const BURST = { perSecond: 1000, ms: 500 }
const SLOW_MS = 3000
/** A node that is away answers nothing, and a moment before it is known here. */
const AWAY_MS = 2000

const [nodesText, ...numbers] = process.argv.slice(2)
const nodes = JSON.parse(nodesText)
const [count, perSecond, seed] = numbers.map(Number)
const random = randomOf(seed)
const counts = { asked: 0, found: 0, notFound: 0, unknowable: 0, away: 0, silent: 0, slow: 0 }
const changes = []
let ending = false
const world = {
  nodes,
  random,
  faults: [],
  isHeld: false,
  counts: { registered: 0, lost: 0, moved: 0, seconds: 0, refused: 0 },
  changed: (place) => {
    changes.push({ place, atMs: now() })
    if (changes.length > CHANGED_MOST) changes.shift()
  },
}
const places = Array.from({ length: count }, (_, index) => new Place(world, `insecure_soak-${seed}-${index}`))
const asking = new Asking()
const judging = new Judging(world, asking)
const STATUSES = { 200: 'found', 404: 'notFound', 503: 'unknowable' }

const pick = (all) => all[Math.floor(random() * all.length)]

/** Undefined for a token that nobody ever has. */
function nextPlace() {
  if (random() < UNKNOWN_SHARE) return undefined
  const changed = pick(changes)
  const isLate = changed === undefined || now() - changed.atMs > CHANGED_MS
  return random() < CHANGED_SHARE && !isLate ? changed.place : pick(places)
}

async function discover() {
  const node = Math.floor(random() * nodes.length)
  const place = nextPlace()
  const token = place?.token ?? 'insecure_unknown'
  const askedMs = now()
  counts.asked += 1
  const said = await asking.ask(nodes[node].port, token).catch((error) => ({ status: 0, body: '', error }))
  const answeredMs = now()
  if (answeredMs - askedMs > SLOW_MS) counts.slow += 1
  // What has happened to a link is known here a moment later.
  await sleep(2 * GRACE_MS)
  if (said.status === 0) return notAnswered(node, askedMs, answeredMs, said.error)
  counts[STATUSES[said.status]] += 1
  const { port, reason } = JSON.parse(said.body)
  const answer = { ...said, node, port, reason, askedMs, answeredMs }
  await judging.judge({ token, links: place?.links ?? [], answer })
}

/** A client asks another node, if this one is away; if not, that is a mistake. */
function notAnswered(node, askedMs, answeredMs, error) {
  const isAway = world.faults.some(
    (fault) => fault.node === node && fault.sinceMs < answeredMs && askedMs < fault.untilMs + AWAY_MS,
  )
  if (isAway && !(error instanceof NoAnswer)) counts.away += 1
  else {
    counts.silent += 1
    judging.stories.push(
      `silent: node ${node + 1}, after ${Math.round(answeredMs - askedMs)} ms: ${error.message}`,
    )
  }
}

const REQUESTS = {
  counts: () => {},
  strikes: ({ what, node, server }) => {
    world.faults.push({ what, node, server, sinceMs: now(), untilMs: Number.POSITIVE_INFINITY })
    const endMs = now() + BURST.ms
    void asking.repeat(BURST.perSecond, discover, () => now() > endMs)
  },
  over: () => {
    world.faults.at(-1).untilMs = now()
  },
  hold: () => {
    world.isHeld = true
  },
  end: async () => {
    ending = true
    await Promise.all([all, ...places.map((place) => place.end())])
    asking.end()
  },
}
process.on('message', async (request) => {
  await REQUESTS[request.type](request)
  const sum = (of) => places.reduce((total, place) => total + of(place), 0)
  const [links, superseded] = [sum(({ size }) => size), sum((place) => place.superseded)]
  const tokens = places.filter(({ size }) => size > 0).length
  const { counts: verdicts, stories } = judging
  process.send({ ...counts, ...world.counts, verdicts, stories, links, superseded, tokens })
})
process.on('disconnect', () => process.exit())
for (const place of places) void place.run()
const all = asking.repeat(perSecond, discover, () => ending)
process.send({ ready: true })
