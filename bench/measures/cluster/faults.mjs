import { now, sleep } from '../../time.mjs'

const TOLD_MS = 30_000
/** Between the end of one fault and the next. */
const PAUSE_MS = { least: 2000, most: 6000 }
const AWAY_MS = { least: 200, most: 2500 }

const KILLED = 'node killed'
/** What is done; each is the signal, and to whom. */
const KINDS = {
  'NATS server ended': { signal: 'SIGTERM', kind: 'server' },
  'NATS server killed': { signal: 'SIGKILL', kind: 'server' },
  'node ended': { signal: 'SIGTERM', kind: 'node' },
  [KILLED]: { signal: 'SIGKILL', kind: 'node' },
}

/** Restarts nodes and servers, one after another: each kind once, in any order, and again. The first node stays. */
export class Faults {
  counts = Object.fromEntries(Object.keys(KINDS).map((what) => [what, 0]))
  #cluster
  #churn
  #random
  #deck = []

  constructor(cluster, churn, random) {
    this.#cluster = cluster
    this.#churn = churn
    this.#random = random
  }

  /** No node is killed before `killMs`: for 3 min after that each 404 is 503, and says nothing. */
  async run(killMs, endMs) {
    await this.#pause(PAUSE_MS)
    while (now() < endMs) {
      await this.#next(now() >= killMs)
      await this.#pause(PAUSE_MS)
    }
    // On a busy machine each of them takes longer, and one kind's turn may not have come.
    for (const what of Object.keys(KINDS)) if (this.counts[what] === 0) await this.#strike(what)
  }

  async #next(mayKill) {
    // As soon as it may be: the short form has time for two then.
    if (mayKill && this.counts[KILLED] === 0) return this.#strike(KILLED)
    if (this.#deck.length === 0) this.#deck = Object.keys(KINDS).filter((what) => mayKill || what !== KILLED)
    const [what] = this.#deck.splice(Math.floor(this.#random() * this.#deck.length), 1)
    return this.#strike(what)
  }

  async #strike(what) {
    const { signal, kind } = KINDS[what]
    const all = kind === 'node' ? this.#cluster.nodes : this.#cluster.servers
    const least = kind === 'node' ? 1 : 0
    const place = least + Math.floor(this.#random() * (all.length - least))
    this.counts[what] += 1
    await this.#tell({ type: 'strikes', what, [kind]: place })
    await all[place].endBy(signal)
    await this.#pause(AWAY_MS)
    await all[place].start()
    await this.#tell({ type: 'over' })
  }

  #tell(request) {
    return this.#churn.request(TOLD_MS, 'the registrants know', request)
  }

  #pause({ least, most }) {
    return sleep(least + this.#random() * (most - least))
  }
}
