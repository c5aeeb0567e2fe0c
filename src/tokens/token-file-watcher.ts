import type { Cancel, Clock } from '../lib/clock.ts'
import type { Problem } from '../lib/problem.ts'
import { type Disk, runLater, disk as systemDisk } from './disk.ts'
import type { Reading } from './file-content.ts'
import { readPath } from './read-path.ts'
import {
  initialTokenFileState,
  isKnown,
  nextTokenFile,
  SLOW_READING_MS,
  type TokenFileChange,
  type TokenFileState,
} from './token-file-change.ts'
import type { TokenSource } from './token-source.ts'

/**
 * The pause between two readings, in milliseconds. Content is read and compared, because being notified of changes misses
 * the swap of a mounted Secret; a Secret itself takes up to a minute to arrive, so that sooner would gain nothing.
 */
export const FOLLOW_INTERVAL_MS = 10_000

/** What following needs. */
export interface TokenFileWatcherOptions {
  readonly source: TokenSource
  readonly clock: Clock
  readonly onChange: (news: TokenFileChange) => void
  /** Default: the machine's. */
  readonly disk?: Disk
}

/** A reading that somebody may wait for. */
interface Turn {
  readonly done: Promise<void>
  readonly end: () => void
}

/** Reads a source of tokens again and again, never twice at once, and tells what is new until it is stopped. */
export class TokenFileWatcher {
  readonly #options: TokenFileWatcherOptions
  readonly #stop = new AbortController()
  #memory: TokenFileState
  #cancelPause: Cancel | undefined
  /** The reading that is under way, and the one that was asked for meanwhile. */
  #turn: Turn | undefined
  #nextTurn: Turn | undefined

  constructor(options: TokenFileWatcherOptions) {
    this.#options = options
    this.#memory = initialTokenFileState(options.source)
  }

  /** What keeps the last good set in use, as it was told; empty if all is well. */
  get trouble(): readonly Problem[] {
    return this.#memory.trouble
  }

  /** Begins to follow. The content was read a moment ago, so the first reading comes after a pause. */
  start(): void {
    if (!this.#stop.signal.aborted && this.#turn === undefined) this.#pause()
  }

  /**
   * Reads now. During a reading, one more follows it: that one may have begun too early to see what there is to see.
   * Resolves when it is done, or when the follower is stopped; while the disk does not answer, that is not soon.
   */
  refresh(): Promise<void> {
    if (this.#stop.signal.aborted) return Promise.resolve()
    if (this.#turn !== undefined) {
      this.#nextTurn ??= createTurn()
      return this.#nextTurn.done
    }
    const turn = createTurn()
    void this.#work(turn)
    return turn.done
  }

  /** Ends it: no timer, and no news from now on. A reading under way is abandoned. */
  stop(): void {
    this.#stop.abort()
    this.#cancelPause?.()
    this.#turn?.end()
    this.#nextTurn?.end()
  }

  #pause(): void {
    this.#cancelPause?.()
    this.#cancelPause = this.#options.clock.after(FOLLOW_INTERVAL_MS, () => void this.refresh())
  }

  async #work(first: Turn): Promise<void> {
    this.#cancelPause?.()
    for (let turn: Turn | undefined = first; turn !== undefined; turn = this.#nextTurn) {
      this.#turn = turn
      this.#nextTurn = undefined
      await this.#read()
      turn.end()
      if (this.#stop.signal.aborted) break
    }
    this.#turn = undefined
    if (!this.#stop.signal.aborted) this.#pause()
  }

  async #read(): Promise<void> {
    const { source, clock, disk = systemDisk } = this.#options
    const cancelAlarm = clock.after(SLOW_READING_MS, () => this.#learn({ kind: 'slow' }))
    this.#stop.signal.addEventListener('abort', cancelAlarm, { once: true })
    const steps = readPath(source.path, disk, (digest) => isKnown(this.#memory, digest))
    const reading = await runLater(steps, this.#stop.signal)
    cancelAlarm()
    this.#stop.signal.removeEventListener('abort', cancelAlarm)
    if (reading !== undefined) this.#learn(reading)
  }

  #learn(reading: Reading | { readonly kind: 'slow' }): void {
    const { memory, news } = nextTokenFile(this.#memory, reading, this.#options.source)
    this.#memory = memory
    if (news !== undefined) this.#options.onChange(news)
  }
}

function createTurn(): Turn {
  let end = (): void => {}
  const done = new Promise<void>((resolve) => {
    end = resolve
  })
  return { done, end }
}
