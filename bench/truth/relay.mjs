import { connect, createServer } from 'node:net'
import { LinkDirection } from './link-direction.mjs'

const HOST = '127.0.0.1'
/** The answer of an overloaded registry or proxy. */
const UNAVAILABLE = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
/** After how long an upgrade reaches a slow registry. */
const SLOW_MS = 2500

/** One connection of the registrant. `registrant` and `registry` are its sides; once `dead`, it passes nothing. */
class Link {
  dead = false

  constructor(registrant, registry, directions) {
    Object.assign(this, { registrant, registry, directions })
  }

  get sides() {
    return this.registry === undefined ? [this.registrant] : [this.registrant, this.registry]
  }

  /** From now on all bytes are read and dropped, and the end of a side is not passed on. */
  blackHole() {
    this.dead = true
    for (const direction of this.directions) direction.close()
  }

  reset() {
    this.blackHole()
    for (const side of this.sides) side.resetAndDestroy()
  }
}

/** A TCP relay between a registrant and its registry that can fail as networks and registries do. */
export class Relay {
  #port
  #targetPort
  #server
  #links = new Set()
  #acceptMode = 'pass'
  #delayMs = 0
  #held = false

  constructor(port, targetPort) {
    this.#port = port
    this.#targetPort = targetPort
  }

  get port() {
    return this.#port
  }

  /** Accepts connections from now on. */
  async listen() {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket))
    await new Promise((resolve, reject) => {
      this.#server.once('error', reject).listen(this.#port, HOST, resolve)
    })
  }

  /** New connections lead to this port. */
  leadTo(port) {
    this.#targetPort = port
  }

  /** Stops listening, so that the kernel refuses connections. Links stay. */
  refuse() {
    this.#server?.close()
  }

  /** @param {'pass' | 'black-hole' | 'close' | '503' | 'slow'} mode what happens to new connections from now on */
  setAcceptMode(mode) {
    this.#acceptMode = mode
  }

  /** From now on each byte takes `ms` in either direction, in order. */
  delay(ms) {
    this.#delayMs = ms
    for (const direction of this.#directions()) direction.delayMs = ms
  }

  /** Delays all bytes until `release`, as in an outage after which TCP sends them again. */
  hold() {
    this.#held = true
    for (const direction of this.#directions()) direction.hold()
  }

  release() {
    this.#held = false
    for (const direction of this.#directions()) direction.release()
  }

  /** Resets all links, on both sides. */
  reset() {
    for (const link of this.#links) link.reset()
  }

  /** Resets all links at the registrant's side only. */
  resetAtRegistrant() {
    this.blackHole()
    for (const { registrant } of this.#links) registrant.resetAndDestroy()
  }

  /** Resets all links at the registry's side only. */
  resetAtRegistry() {
    this.blackHole()
    for (const { registry } of this.#links) registry?.resetAndDestroy()
  }

  /** Makes all links drop everything; neither side notices. */
  blackHole() {
    for (const link of this.#links) link.blackHole()
  }

  /** Resets links that drop everything, as the kernel of a side does when it gives up. */
  resetDeadLinks() {
    for (const link of this.#links) if (link.dead) link.reset()
  }

  async end() {
    this.refuse()
    this.reset()
  }

  #directions() {
    return [...this.#links].flatMap((link) => link.directions)
  }

  #accept(registrant) {
    // 'close' follows and is handled.
    registrant.on('error', () => {})
    if (this.#acceptMode === 'close') registrant.destroy()
    else if (this.#acceptMode === '503') registrant.once('data', () => registrant.end(UNAVAILABLE))
    else if (this.#acceptMode === 'black-hole')
      this.#keep(new Link(registrant.resume(), undefined, [])).blackHole()
    else this.#pass(registrant, this.#acceptMode === 'slow' ? SLOW_MS : 0)
  }

  #pass(registrant, firstAfterMs) {
    const registry = connect({ host: HOST, port: this.#targetPort, allowHalfOpen: true, noDelay: true })
    registry.on('error', () => {})
    const directions = [
      new LinkDirection(registrant, registry, firstAfterMs),
      new LinkDirection(registry, registrant),
    ]
    this.#keep(new Link(registrant, registry, directions))
    for (const direction of directions) {
      direction.delayMs = this.#delayMs
      if (this.#held) direction.hold()
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
