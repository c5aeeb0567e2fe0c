import { now } from '../time.mjs'

/** As Docker restarts: after 0.1 s, each time twice as long, from the beginning after 10 s of life. Docker goes on up to a minute. */
const RESTART_MS = { first: 100, most: 3200 }
const LONG_LIFE_MS = 10_000

/** A process that is started again whenever it ends, as with `restart: always`, unless it is to be down. */
export class Supervised {
  #make
  #ready
  #process
  #wanted = false
  #restartMs = RESTART_MS.first
  #timer

  /**
   * @param {() => Process} make starts the process
   * @param {(process: Process) => Promise<unknown>} [ready] resolves when a started one can be worked with
   */
  constructor(make, ready = async () => {}) {
    this.#make = make
    this.#ready = ready
  }

  /** Starts it as a person would: at once. */
  start() {
    this.#wanted = true
    this.#restartMs = RESTART_MS.first
    return this.#ready(this.#run())
  }

  #run() {
    const process = this.#make()
    this.#process = process
    void process.gone.then(() => this.#onGone(process))
    return process
  }

  #onGone(process) {
    if (process !== this.#process) return
    this.#process = undefined
    if (!this.#wanted) return
    if (now() - process.startedMs >= LONG_LIFE_MS) this.#restartMs = RESTART_MS.first
    this.#timer = setTimeout(() => this.#run(), this.#restartMs)
    this.#restartMs = Math.min(RESTART_MS.most, this.#restartMs * 2)
  }

  /** Kills it; it stays away until it is started. */
  async down() {
    this.#wanted = false
    clearTimeout(this.#timer)
    await this.#process?.end()
  }

  /** Ends it by `signal`; it comes back by itself, unless it is down. */
  end(signal) {
    this.#process?.kill(signal)
  }

  signal(signal) {
    this.#process?.kill(signal)
  }

  tell(message) {
    this.#process?.tell(message)
  }
}
