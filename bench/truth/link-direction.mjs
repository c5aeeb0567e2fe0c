import { now } from '../time.mjs'

/** One direction of a link: passes bytes, and the end, from one socket to the other, in order. */
export class LinkDirection {
  #to
  /** What is on its way: when it is due, and what to do then. */
  #queue = []
  #dueMs
  #held = false
  #closed = false
  #timer
  /** How many milliseconds each byte takes from now on. */
  delayMs = 0

  /** @param {number} firstAfterMs nothing arrives before so many milliseconds from now */
  constructor(from, to, firstAfterMs = 0) {
    this.#to = to
    this.#dueMs = now() + firstAfterMs
    from.on('data', (bytes) => this.#send(() => to.write(bytes)))
    from.on('end', () => this.#send(() => to.end()))
    // Without an orderly end before, the close was a reset, or the other side could not be reached.
    from.on('close', () => this.#send(() => from.readableEnded || to.resetAndDestroy()))
  }

  hold() {
    this.#held = true
  }

  release() {
    this.#held = false
    this.#deliver()
  }

  /** All bytes on their way are lost, and all that follow. */
  close() {
    this.#closed = true
    this.#queue = []
    clearTimeout(this.#timer)
  }

  #send(arrive) {
    if (this.#closed) return
    // Bytes stay in order if the link was slower before.
    this.#dueMs = Math.max(this.#dueMs, now() + this.delayMs)
    this.#queue.push({ dueMs: this.#dueMs, arrive })
    this.#deliver()
  }

  #deliver() {
    clearTimeout(this.#timer)
    while (!this.#held && this.#queue.length > 0 && this.#queue[0].dueMs <= now()) {
      const { arrive } = this.#queue.shift()
      if (!this.#to.destroyed) arrive()
    }
    if (this.#held || this.#queue.length === 0) return
    this.#timer = setTimeout(() => this.#deliver(), this.#queue[0].dueMs - now())
  }
}
