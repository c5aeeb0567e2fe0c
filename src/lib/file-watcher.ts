import { inBackground } from './background.ts'
import type { Cancel, Clock } from './clock.ts'

/**
 * The pause between two readings, in milliseconds. A mounted Secret takes up to a minute to arrive and a certificate is
 * renewed weeks ahead, so that reading more often would gain nothing.
 */
export const WATCH_INTERVAL_MS = 10_000

/** The pause is at least so long for each file: reading one takes 70 to 150 µs of a core, so that no folder takes more than 4 % of it. */
const PAUSE_PER_FILE_MS = 4

export interface FileWatcherOptions {
  readonly clock: Clock
  /** Reads the files and acts on what is new; where it rejects, the next reading is tried all the same. After `signal` has aborted, it is not waited for and its errors are ignored. */
  readonly read: (signal: AbortSignal) => Promise<void>
  /** How many files the last reading read; each costs time. Default: few. */
  readonly files?: () => number
}

/**
 * Reads files every 10 s (thousands of them less often), and never twice at once, until it is stopped. It reads and compares, because being notified of
 * changes misses the swap of a mounted Secret.
 */
export class FileWatcher {
  readonly #options: FileWatcherOptions
  readonly #stop = new AbortController()
  #cancelPause: Cancel = () => {}
  #reading: Promise<void> | undefined
  /** The reading that follows the one under way. */
  #nextReading: Promise<void> | undefined

  constructor(options: FileWatcherOptions) {
    this.#options = options
  }

  /** Begins with a pause: the files were read a moment ago. */
  start(): void {
    if (!this.#stop.signal.aborted && this.#reading === undefined) this.#pause()
  }

  /**
   * Reads now. During a reading it reads once more after it: the one under way may have begun too early to see what is new.
   * Resolves when that is done, or when the watcher is stopped; while the disk does not answer, that is not soon.
   */
  refresh(): Promise<void> {
    if (this.#stop.signal.aborted) return Promise.resolve()
    if (this.#reading === undefined) return this.#read()
    const before = this.#reading.catch(() => {})
    this.#nextReading ??= before.then(() => {
      this.#nextReading = undefined
      if (this.#stop.signal.aborted) return
      return this.#reading ?? this.#read()
    })
    return this.#nextReading
  }

  /** Ends it for good. A reading under way is abandoned. */
  stop(): void {
    this.#stop.abort()
    this.#cancelPause()
  }

  #pause(): void {
    this.#cancelPause()
    const { clock, files } = this.#options
    const ms = Math.max(WATCH_INTERVAL_MS, (files?.() ?? 0) * PAUSE_PER_FILE_MS)
    this.#cancelPause = clock.after(ms, () => inBackground(this.refresh()))
  }

  #read(): Promise<void> {
    const { signal } = this.#stop
    this.#cancelPause()
    this.#reading = untilAborted(this.#options.read(signal), signal).finally(() => {
      this.#reading = undefined
      if (!signal.aborted && this.#nextReading === undefined) this.#pause()
    })
    return this.#reading
  }
}

/** Settles as `promise` does, or resolves when `signal` aborts before that. */
function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abandon = (): void => resolve()
    signal.addEventListener('abort', abandon, { once: true })
    const done = (): void => signal.removeEventListener('abort', abandon)
    promise.finally(done).then(resolve, reject)
  })
}
