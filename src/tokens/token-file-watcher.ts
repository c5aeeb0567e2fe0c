import type { Clock } from '../lib/clock.ts'
import { FileWatcher } from '../lib/file-watcher.ts'
import type { Problem } from '../lib/problem.ts'
import type { Reading } from './file-content.ts'
import { type Disk, readStable, systemDisk } from './stable-read.ts'
import {
  initialTokenFileState,
  isKnown,
  nextTokenFile,
  SLOW_READING_MS,
  type TokenFileChange,
  type TokenFileState,
  type TokenSource,
} from './token-file-change.ts'

export interface TokenFileWatcherOptions {
  readonly source: TokenSource
  readonly clock: Clock
  readonly onChange: (change: TokenFileChange) => void
  /** Default: the machine's. */
  readonly disk?: Disk
}

/** Watches a source of tokens, and reports each change until it is stopped. */
export class TokenFileWatcher extends FileWatcher {
  readonly #options: TokenFileWatcherOptions
  #state: TokenFileState
  /** How many there were last. */
  #files = 0

  constructor(options: TokenFileWatcherOptions) {
    super({ clock: options.clock, read: (signal) => this.#read(signal), files: () => this.#files })
    this.#options = options
    this.#state = initialTokenFileState(options.source)
  }

  /** The problems that keep the last good set in use; empty if all is well. */
  get trouble(): readonly Problem[] {
    return this.#state.trouble
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { source, clock, disk = systemDisk } = this.#options
    const cancelAlarm = clock.after(SLOW_READING_MS, () => this.#apply({ kind: 'slow' }))
    signal.addEventListener('abort', cancelAlarm, { once: true })
    try {
      const known = (digest: string): boolean => isKnown(this.#state, digest)
      const reading = await readStable(source.path, { disk, isKnown: known, signal })
      this.#files = reading.kind === 'content' ? reading.content.files.length : 0
      this.#apply(reading)
    } finally {
      cancelAlarm()
      signal.removeEventListener('abort', cancelAlarm)
    }
  }

  #apply(reading: Reading | { readonly kind: 'slow' }): void {
    const { state, change } = nextTokenFile(this.#state, reading, this.#options.source)
    this.#state = state
    if (change !== undefined) this.#options.onChange(change)
  }
}
