import { createHash } from 'node:crypto'
import { now, sleep } from '../time.mjs'
import { connectRegistrant } from './connection.mjs'

const STAY_MS = { least: 2000, most: 60_000 }
const AWAY_MS = { least: 1000, most: 5000 }
/** They do not all come at once. */
const FIRST_MS = 10_000
const BACK_MS = { least: 50, most: 250 }
/** Links that have gone are remembered so long: answers may be about them. */
const REMEMBER_MS = 30_000
const PORTS = { first: 1024, count: 60_000 }

let lastPort = 0

/** One link of a registrant: from when it may be known, since when it is registered, and from when it is gone. */
class Link {
  beganMs = now()
  registeredMs = Number.POSITIVE_INFINITY
  goneMs = Number.POSITIVE_INFINITY
  /** Why it has gone: `left`, `moved`, what was done to its node, or `lost` where nothing was. */
  end
  port = PORTS.first + (lastPort++ % PORTS.count)
  isWanted = true
  /** The registrant's own, the same for all its links: only what looks like a sidecar's is taken for one. */
  id
  /** `a` or `b`. */
  name
  /** The place of its node. */
  node

  constructor(token, name, node) {
    this.id = createHash('sha256').update(`${token} ${name}`).digest('hex').slice(0, 32)
    this.name = name
    this.node = node
  }
}

/** One token, and the registrants that it has, one or two at a time. */
export class Place {
  token
  links = []
  #world
  #sockets = new Map()
  #isEnding = false
  #isAway = false

  constructor(world, token) {
    this.#world = world
    this.token = token
  }

  /** Until `end`. */
  async run() {
    await this.#wait({ least: 0, most: FIRST_MS })
    while (!this.#isEnding) {
      this.#come('a')
      await this.#wait(STAY_MS)
      if (this.#isEnding) break
      const kind = this.#world.random()
      if (kind < 0.3) await this.#move()
      else if (kind < 0.5) await this.#second()
      await this.#leaveAll()
      await this.#wait(AWAY_MS)
    }
    await this.#leaveAll()
  }

  /** How many links are open. */
  get size() {
    return this.#sockets.size
  }

  /** How many open links are of a registrant that has come elsewhere since. */
  get superseded() {
    return [...this.#sockets.keys()].filter((link) => this.#hasMoved(link)).length
  }

  async end() {
    this.#isEnding = true
    await this.#leaveAll()
  }

  /** It comes to another node; its link there is let go as an older one of the same registrant. */
  async #move() {
    this.#world.counts.moved += 1
    this.#come('a')
    await this.#wait(STAY_MS)
  }

  /** Another registrant of the same token comes, and leaves again before the first one. */
  async #second() {
    this.#world.counts.seconds += 1
    this.#come('b')
    await this.#wait(STAY_MS)
    this.#leave(this.links.findLast(({ isWanted }) => isWanted))
    await this.#wait(STAY_MS)
  }

  /** A registrant registers, and again whenever its link is lost, until it leaves. */
  #come(name) {
    const { nodes, random, counts, changed } = this.#world
    const link = new Link(this.token, name, Math.floor(random() * nodes.length))
    const forgottenMs = now() - REMEMBER_MS
    this.links = [...this.links.filter(({ goneMs }) => goneMs > forgottenMs), link]
    const socket = connectRegistrant(
      { port: nodes[link.node].port, token: this.token, id: link.id },
      {
        registered: () => {
          link.registeredMs = now()
          counts.registered += 1
          changed(this)
        },
        queried: (reply) => reply(link.port),
      },
    )
    this.#sockets.set(link, socket)
    socket.on('error', () => {
      counts.refused += 1
    })
    socket.on('close', () => {
      link.goneMs = now()
      this.#sockets.delete(link)
      changed(this)
      // The older link of a registrant that has moved is not made again.
      const isOlder = this.links.findLast((other) => other.id === link.id) !== link
      link.end = this.#endOf(link)
      if (!link.isWanted || isOlder || this.#isEnding) return
      counts.lost += 1
      link.isWanted = false
      const backMs = BACK_MS.least + random() * (BACK_MS.most - BACK_MS.least)
      void sleep(backMs).then(() => this.#isEnding || this.#isAway || this.#come(name))
    })
  }

  #endOf(link) {
    if (!link.isWanted) return 'left'
    return this.#hasMoved(link) ? 'moved' : (this.#faultOf(link) ?? 'lost')
  }

  /** Whether its registrant has registered by another link since. */
  #hasMoved(link) {
    const isNext = ({ id, registeredMs }) =>
      id === link.id && registeredMs > link.registeredMs && Number.isFinite(registeredMs)
    return this.links.some(isNext)
  }

  /** What is being done to its node. */
  #faultOf({ node }) {
    const fault = this.#world.faults.at(-1)
    return fault?.node === node && fault.untilMs === Number.POSITIVE_INFINITY ? fault.what : undefined
  }

  #leave(link) {
    if (link === undefined) return
    link.isWanted = false
    const socket = this.#sockets.get(link)
    if (this.#world.random() < 0.6) socket?.close(1000)
    else socket?.terminate()
  }

  async #leaveAll() {
    this.#isAway = true
    for (const link of this.links) this.#leave(link)
    while (this.#sockets.size > 0) await sleep(50)
    await sleep(BACK_MS.most)
    this.#isAway = false
  }

  async #wait({ least, most }) {
    await sleep(least + this.#world.random() * (most - least))
    while (this.#world.isHeld && !this.#isEnding) await sleep(100)
  }
}
