import { connect, createServer } from 'node:net'
import { Lane } from './lane.mjs'

const HOST = '127.0.0.1'
/** What a registry or what stands before it answers that has no time. */
const UNAVAILABLE = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
/** How long it takes until a slow registry hears of an upgrade. */
const SLOW_MS = 2500

/** One connection of the registrant. `registrant` and `registry` are its sides; `dead` lets nothing through any more. */
class Link {
  dead = false

  constructor(registrant, registry, lanes) {
    Object.assign(this, { registrant, registry, lanes })
  }

  get sides() {
    return this.registry === undefined ? [this.registrant] : [this.registrant, this.registry]
  }

  /** Nothing passes any more, not even the end of a side; what comes is taken and thrown away. */
  die() {
    this.dead = true
    for (const lane of this.lanes) lane.close()
  }

  reset() {
    this.die()
    for (const side of this.sides) side.resetAndDestroy()
  }
}

/** What lies between a registrant and its registry: a TCP relay that can fail in the ways in which networks and registries do. */
export class Relay {
  #port
  #targetPort
  #server
  #links = new Set()
  #reception = 'pass'
  #delayMs = 0
  #held = false

  constructor(port, targetPort) {
    this.#port = port
    this.#targetPort = targetPort
  }

  get port() {
    return this.#port
  }

  /** Connections are accepted. */
  async listen() {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket))
    await new Promise((resolve, reject) => {
      this.#server.once('error', reject).listen(this.#port, HOST, resolve)
    })
  }

  /** Connections are refused by the kernel, as where nothing listens. Links stay. */
  refuse() {
    this.#server?.close()
  }

  /** @param {'pass' | 'swallow' | 'close' | '503' | 'slow'} reception how connections are received from now on */
  receive(reception) {
    this.#reception = reception
  }

  /** From now on each byte takes `ms` to either side, in order. */
  delay(ms) {
    this.#delayMs = ms
    for (const lane of this.#lanes()) lane.delayMs = ms
  }

  /** Bytes wait, as in an outage after which TCP sends them again. */
  hold() {
    this.#held = true
    for (const lane of this.#lanes()) lane.hold()
  }

  release() {
    this.#held = false
    for (const lane of this.#lanes()) lane.release()
  }

  /** Resets all links, on both sides. */
  reset() {
    for (const link of this.#links) link.reset()
  }

  /** Resets all links at the registrant; the registry does not learn of it. */
  resetRegistrants() {
    this.swallow()
    for (const { registrant } of this.#links) registrant.resetAndDestroy()
  }

  /** Resets all links at the registry; the registrant does not learn of it. */
  resetRegistrys() {
    this.swallow()
    for (const { registry } of this.#links) registry?.resetAndDestroy()
  }

  /** All links are dead, and neither side learns of it. */
  swallow() {
    for (const link of this.#links) link.die()
  }

  /** Dead links are reset, as they are when the kernel of a side gives up. */
  bury() {
    for (const link of this.#links) if (link.dead) link.reset()
  }

  async end() {
    this.refuse()
    this.reset()
  }

  #lanes() {
    return [...this.#links].flatMap((link) => link.lanes)
  }

  #accept(registrant) {
    // Its 'close' follows, and is what counts.
    registrant.on('error', () => {})
    if (this.#reception === 'close') registrant.destroy()
    else if (this.#reception === '503') registrant.once('data', () => registrant.end(UNAVAILABLE))
    else if (this.#reception === 'swallow') this.#keep(new Link(registrant.resume(), undefined, [])).die()
    else this.#pass(registrant, this.#reception === 'slow' ? SLOW_MS : 0)
  }

  #pass(registrant, firstAfterMs) {
    const registry = connect({ host: HOST, port: this.#targetPort, allowHalfOpen: true, noDelay: true })
    registry.on('error', () => {})
    const lanes = [new Lane(registrant, registry, firstAfterMs), new Lane(registry, registrant)]
    this.#keep(new Link(registrant, registry, lanes))
    for (const lane of lanes) {
      lane.delayMs = this.#delayMs
      if (this.#held) lane.hold()
    }
  }

  #keep(link) {
    this.#links.add(link)
    for (const side of link.sides) {
      side.on('close', () => {
        if (link.sides.every(({ destroyed }) => destroyed)) this.#links.delete(link)
      })
    }
    return link
  }
}
