import { now } from '../time.mjs'

/** One direction of a link: what comes from one socket goes to the other, in order, the end too. */
export class Lane {
  #to
  /** What is on its way: when it is due, and what is to be done then. */
  #queue = []
  #dueMs
  #held = false
  #closed = false
  #timer
  /** How long each byte takes from now on. */
  delayMs = 0

  /** @param {number} firstAfterMs nothing arrives before so many milliseconds from now */
  constructor(from, to, firstAfterMs = 0) {
    this.#to = to
    this.#dueMs = now() + firstAfterMs
    from.on('data', (bytes) => this.#send(() => to.write(bytes)))
    from.on('end', () => this.#send(() => to.end()))
    // After an end in order there is nothing left to do; otherwise it was a reset, or nobody could be reached.
    from.on('close', () => this.#send(() => from.readableEnded || to.resetAndDestroy()))
  }

  hold() {
    this.#held = true
  }

  release() {
    this.#held = false
    this.#deliver()
  }

  /** Whatever is on its way is lost, and whatever comes. */
  close() {
    this.#closed = true
    this.#queue = []
    clearTimeout(this.#timer)
  }

  #send(arrive) {
    if (this.#closed) return
    // Nothing overtakes what was sent before it, when the link was slower.
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
