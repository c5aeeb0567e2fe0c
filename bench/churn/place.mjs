import { WebSocket } from 'ws'
import { now, sleep } from '../time.mjs'

const STAY_MS = { least: 2000, most: 60_000 }
const AWAY_MS = { least: 1000, most: 5000 }
/** They do not all come at once. */
const FIRST_MS = 10_000
const BACK_MS = { least: 50, most: 250 }
/** A node, or this process, may see a moment late what has happened: a reset, a claim of another node. */
export const GRACE_MS = 750
/** So long after an engine's fault nodes may still not know what others have heard meanwhile. */
const AFTER_FAULT_MS = 5000
/** Links that have gone are remembered so long: answers may be about them. */
const REMEMBER_MS = 30_000
const PORTS = { first: 1024, count: 60_000 }

let lastPort = 0

/** One link of a registrant: from when it may be known, since when it is registered, and from when it is gone. */
class Link {
  beganMs = now()
  registeredMs = Number.POSITIVE_INFINITY
  goneMs = Number.POSITIVE_INFINITY
  port = PORTS.first + (lastPort++ % PORTS.count)
  isWanted = true
  /** The registrant's own, the same for all its links. */
  id

  constructor(id) {
    this.id = id
  }
}

/** One token, and the registrants that it has, one or two at a time. */
export class Place {
  token
  #world
  #links = []
  #sockets = new Map()
  #isEnding = false

  constructor(world, token) {
    this.#world = world
    this.token = token
  }

  /** Until `end`. */
  async run() {
    await this.#wait({ least: 0, most: FIRST_MS })
    while (!this.#isEnding) {
      const first = this.#come(`${this.token}-a`)
      await this.#wait(STAY_MS)
      if (this.#isEnding) break
      const kind = this.#world.random()
      if (kind < 0.3) await this.#move(first)
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

  async end() {
    this.#isEnding = true
    await this.#leaveAll()
  }

  /** What is wrong with an answer that names `port`; undefined if nothing is. */
  verdict(port, askedMs, answeredMs) {
    const named = this.#links.find((link) => link.port === port)
    if (named === undefined || named.beganMs > answeredMs || named.goneMs < askedMs - GRACE_MS) return 'wrong'
    const isNewer = (link) =>
      link !== named &&
      link.beganMs > named.registeredMs &&
      link.registeredMs < askedMs - GRACE_MS &&
      link.goneMs > answeredMs + GRACE_MS &&
      !this.#wasFaulty(link.beganMs) &&
      !this.#wasFaulty(answeredMs)
    return this.#links.some(isNewer) ? 'older' : undefined
  }

  /** Whether nobody may have been registered at some time from `askedMs` to `answeredMs`. */
  mayBeAbsent(askedMs, answeredMs) {
    return !this.#links.some(
      (link) => link.registeredMs < askedMs - GRACE_MS && link.goneMs > answeredMs + GRACE_MS,
    )
  }

  /** For an example of what is wrong. */
  story(atMs) {
    const at = (ms) => (Number.isFinite(ms) ? Math.round(ms - atMs) : '-')
    return this.#links
      .map((link) => `${link.port} [${at(link.beganMs)} ${at(link.registeredMs)} ${at(link.goneMs)}]`)
      .join(', ')
  }

  #wasFaulty(atMs) {
    return this.#world.faults.some(
      ({ sinceMs, untilMs }) => atMs > sinceMs - GRACE_MS && atMs < untilMs + AFTER_FAULT_MS,
    )
  }

  /** It comes to another node; its link there is let go as an older one of the same registrant. */
  async #move(id) {
    this.#world.counts.moved += 1
    this.#come(id)
    await this.#wait(STAY_MS)
  }

  /** Another registrant of the same token comes, and leaves again before the first one. */
  async #second() {
    this.#come(`${this.token}-b`)
    await this.#wait(STAY_MS)
    this.#leave(this.#links.findLast(({ isWanted }) => isWanted))
    await this.#wait(STAY_MS)
  }

  /** A registrant registers, and again whenever its link is lost, until it leaves. @returns its own id */
  #come(id) {
    const { ports, random, counts } = this.#world
    const link = new Link(id)
    const forgottenMs = now() - REMEMBER_MS
    this.#links = [...this.#links.filter(({ goneMs }) => goneMs > forgottenMs), link]
    const socket = new WebSocket(
      `ws://127.0.0.1:${ports[Math.floor(random() * ports.length)]}/v0/websocket`,
      [`io|0.0.1|${id}||`],
      { headers: { Authorization: `Token ${this.token}` }, perMessageDeflate: false, handshakeTimeout: 5000 },
    )
    this.#sockets.set(link, socket)
    socket.on('error', () => {
      counts.refused += 1
    })
    socket.on('message', (data) => {
      const { name, payload } = JSON.parse(data)
      if (name === 'sys' && payload === 'registered') {
        link.registeredMs = now()
        counts.registered += 1
      }
      if (name !== 'jsonrpc') return
      socket.send(JSON.stringify({ name, payload: { jsonrpc: '2.0', id: payload.id, result: link.port } }))
    })
    socket.on('close', () => {
      link.goneMs = now()
      this.#sockets.delete(link)
      // The older link of a registrant that has moved is not made again.
      const isOlder = this.#links.findLast((other) => other.id === id) !== link
      if (!link.isWanted || isOlder || this.#isEnding) return
      counts.lost += 1
      link.isWanted = false
      const backMs = BACK_MS.least + random() * (BACK_MS.most - BACK_MS.least)
      void sleep(backMs).then(() => this.#isEnding || this.#isAway || this.#come(id))
    })
    return id
  }

  #isAway = false

  #leave(link) {
    if (link === undefined) return
    link.isWanted = false
    const socket = this.#sockets.get(link)
    if (this.#world.random() < 0.6) socket?.close(1000)
    else socket?.terminate()
  }

  async #leaveAll() {
    this.#isAway = true
    for (const link of this.#links) this.#leave(link)
    while (this.#sockets.size > 0) await sleep(50)
    await sleep(BACK_MS.most)
    this.#isAway = false
  }

  async #wait({ least, most }) {
    await sleep(least + this.#world.random() * (most - least))
    while (this.#world.isHeld && !this.#isEnding) await sleep(100)
  }
}
