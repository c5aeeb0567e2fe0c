import { now } from '../time.mjs'

/** As Docker restarts: after 0.1 s, then after twice as long each time; from 0.1 s again after 10 s of running. Docker's limit is a minute. */
const RESTART_MS = { first: 100, most: 3200 }
const STABLE_AFTER_MS = 10_000

/** A process that is restarted whenever it exits, as with `restart: always`, unless it was taken `down`. */
export class RestartingProcess {
  #spawn
  #ready
  #process
  #wanted = false
  #restartMs = RESTART_MS.first
  #timer

  /**
   * @param {() => Process} spawn starts the process
   * @param {(process: Process) => Promise<unknown>} [ready] resolves when a started process is ready
   */
  constructor(spawn, ready = async () => {}) {
    this.#spawn = spawn
    this.#ready = ready
  }

  /** Starts it at once. */
  start() {
    this.#wanted = true
    this.#restartMs = RESTART_MS.first
    return this.#ready(this.#run())
  }

  #run() {
    const process = this.#spawn()
    this.#process = process
    void process.exited.then(() => this.#onExit(process))
    return process
  }

  #onExit(process) {
    if (process !== this.#process) return
    this.#process = undefined
    if (!this.#wanted) return
    if (now() - process.startedMs >= STABLE_AFTER_MS) this.#restartMs = RESTART_MS.first
    this.#timer = setTimeout(() => this.#run(), this.#restartMs)
    this.#restartMs = Math.min(RESTART_MS.most, this.#restartMs * 2)
  }

  /** Kills it; it stays down until it is started. */
  async down() {
    this.#wanted = false
    clearTimeout(this.#timer)
    await this.#process?.end()
  }

  /** Ends it by `signal`; it is restarted, unless it is down. */
  end(signal) {
    this.#process?.kill(signal)
  }

  signal(signal) {
    this.#process?.kill(signal)
  }

  send(message) {
    this.#process?.send(message)
  }
}
