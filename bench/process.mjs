import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { now, within } from './time.mjs'

const START_MS = 15_000
const END_MS = 3000
/** How much of a process's output is kept, to explain why it ended. */
const TAIL_CHARACTERS = 600

const running = new Set()

/** No process survives the bench, however it ends. */
process.on('exit', () => {
  for (const started of running) started.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1))

/** One process that the bench started, with the Node.js that runs the bench unless it is another program. */
export class Process {
  #child
  #tail = ''
  #exited
  /** Just before the process was spawned. */
  startedMs
  /** When its first output was read. */
  firstOutputMs

  /**
   * @param {string[]} args the arguments of `node`, or of another `program`
   * @param env the whole environment besides PATH and HOME: nothing of the bench's own reaches a measured process
   */
  constructor(args, { program = process.execPath, env = {}, cwd, ipc = false } = {}) {
    const { PATH, HOME } = process.env
    this.startedMs = now()
    this.#child = spawn(program, args, {
      cwd,
      env: { PATH, HOME, ...env },
      stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? ['ipc'] : [])],
    })
    running.add(this)
    this.#exited = new Promise((resolve) => {
      this.#child.once('error', (error) => this.#onExit(resolve, error.message))
      this.#child.once('exit', (code, signal) => this.#onExit(resolve, `exit ${signal ?? code}`))
    })
    for (const output of [this.#child.stdout, this.#child.stderr]) {
      output.setEncoding('utf8').on('data', (text) => {
        this.firstOutputMs ??= now()
        this.#tail = (this.#tail + text).slice(-TAIL_CHARACTERS)
      })
    }
  }

  #onExit(resolve, how) {
    running.delete(this)
    resolve({ how, atMs: now() })
  }

  get pid() {
    return this.#child.pid
  }

  /** Resolves when the process has ended, with how and when; never rejects. */
  get exited() {
    return this.#exited
  }

  /** Waits at most `ms` for `promise`; rejects as soon as the process exits. `what` is waited for, in words. */
  async whileRunning(ms, what, promise) {
    const exited = this.#exited.then(({ how }) => {
      throw new Error(`${what}: the process ended (${how}) ${this.#tail.trim()}`)
    })
    exited.catch(() => {})
    return within(ms, what, Promise.race([promise, exited]))
  }

  /** The first message of a process that was started with `ipc`. */
  async firstMessage(what, ms = START_MS) {
    const [message] = await this.whileRunning(ms, what, once(this.#child, 'message'))
    return message
  }

  /** Sends `request` to a process that was started with `ipc`; resolves with its next message. One at a time. */
  async request(ms, what, request) {
    const answered = this.whileRunning(ms, what, once(this.#child, 'message'))
    this.#child.send(request)
    const [answer] = await answered
    return answer
  }

  /** Sends a message, to which no answer is expected, to a process that was started with `ipc`. */
  send(message) {
    if (running.has(this)) this.#child.send(message)
  }

  kill(signal) {
    if (running.has(this)) this.#child.kill(signal)
  }

  /** Kills it; resolves when it has exited. */
  async end() {
    this.kill('SIGKILL')
    await within(END_MS, 'the end of a process', this.#exited)
  }
}

/** Runs `work(keep)`; everything given to `keep` (processes, or anything else with an `end`) is ended afterwards. */
export async function withProcesses(work) {
  const started = []
  let over = false
  const keep = (thing) => {
    // Work that timed out may still start something.
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
