import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { now, within } from './time.mjs'

const START_MS = 15_000
const END_MS = 3000
/** How much of what a process said is kept, to explain why it ended. */
const TAIL_CHARACTERS = 600

const running = new Set()

/** Nothing survives the bench, however it ends. */
process.on('exit', () => {
  for (const started of running) started.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1))

/** One process that the bench started, of the same Node.js that runs the bench. */
export class Process {
  #child
  #tail = ''
  #gone
  /** Just before the process was made. */
  startedMs

  /**
   * @param {string[]} args what follows `node`
   * @param env all of the environment but PATH and HOME: nothing of the bench's own reaches a process that is measured
   */
  constructor(args, { env = {}, cwd, ipc = false } = {}) {
    const { PATH, HOME } = process.env
    this.startedMs = now()
    this.#child = spawn(process.execPath, args, {
      cwd,
      env: { PATH, HOME, ...env },
      stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? ['ipc'] : [])],
    })
    running.add(this)
    this.#gone = new Promise((resolve) => {
      this.#child.once('error', (error) => this.#end(resolve, error.message))
      this.#child.once('exit', (code, signal) => this.#end(resolve, `exit ${signal ?? code}`))
    })
    for (const output of [this.#child.stdout, this.#child.stderr]) {
      output.setEncoding('utf8').on('data', (text) => {
        this.#tail = (this.#tail + text).slice(-TAIL_CHARACTERS)
      })
    }
  }

  #end(resolve, how) {
    running.delete(this)
    resolve({ how, atMs: now() })
  }

  get pid() {
    return this.#child.pid
  }

  /** Resolves when the process has ended, with how and when; never rejects. */
  get gone() {
    return this.#gone
  }

  /** Waits for `promise`, or for the process to end before it, which is an error. */
  async needs(ms, what, promise) {
    const ended = this.#gone.then(({ how }) => {
      throw new Error(`${what}: the process ended (${how}) ${this.#tail.trim()}`)
    })
    ended.catch(() => {})
    return within(ms, what, Promise.race([promise, ended]))
  }

  /** The first message of a process that was started with `ipc`. */
  async message(what, ms = START_MS) {
    const [message] = await this.needs(ms, what, once(this.#child, 'message'))
    return message
  }

  /** Sends `question` to a process that was started with `ipc`; resolves with its next message. One at a time. */
  async request(ms, what, question) {
    const answered = this.needs(ms, what, once(this.#child, 'message'))
    this.#child.send(question)
    const [answer] = await answered
    return answer
  }

  /** Tells something to a process that was started with `ipc`, and expects no answer. */
  tell(message) {
    if (running.has(this)) this.#child.send(message)
  }

  kill(signal) {
    if (running.has(this)) this.#child.kill(signal)
  }

  /** Kills it; resolves when it is gone. */
  async end() {
    this.kill('SIGKILL')
    await within(END_MS, 'the end of a process', this.#gone)
  }
}

/** Runs `work` with a list to put processes (or anything else that has an `end`) in, and ends all of them after it. */
export async function withProcesses(work) {
  const started = []
  let over = false
  const keep = (thing) => {
    // Work that was given up may still be starting something.
    if (over) void thing.end()
    else started.push(thing)
    return thing
  }
  try {
    return await work(keep)
  } finally {
    over = true
    await Promise.all(started.map((thing) => thing.end()))
  }
}
