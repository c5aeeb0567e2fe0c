import type { Cancel, Clock } from '../lib/clock.ts'
import { writtenAt } from './log.ts'

/** One change that may have a line of its own. */
export interface Change {
  /** What changed, as it is named in a sum: a token's public name, for example. */
  readonly subject: string
  /** The word under which it is counted in a sum: what it changed to. */
  readonly kind: string
  /** The stable name of the trouble, where it has one. */
  readonly code?: string | null
  /** Why, where that is trouble; empty where it is not. */
  readonly cause: string
  /** Writes its own line. */
  readonly write: () => void
}

/** The changes of one second. */
export interface Sum {
  readonly counts: Readonly<Record<string, number>>
  /** The counts in words, such as `4000 registered, 2 refused`. */
  readonly text: string
  /** The stable name of the newest cause, where it has one. */
  readonly code: string | null
  /** The newest cause; empty if there was no trouble. */
  readonly cause: string
  /** The first few subjects with that cause. */
  readonly subjects: readonly string[]
}

const WINDOW_MS = 1000
/** As many changes in a second have lines of their own; more than that have one sum. */
const LINES = 10
/** As many subjects are named in a sum: enough to find one of them in `/status`. */
const SUBJECTS = 3

/**
 * Aggregates the log lines of many tokens: a few changes in a second are written one by one, more than a few as a sum. Each line has
 * the time of its change, a sum that of the last one.
 */
export class LogAggregator {
  readonly #clock: Clock
  readonly #writeSum: (sum: Sum) => void
  #changes: { readonly change: Change; readonly at: Date }[] = []
  /** When the last change was. */
  #lastAt: Date | undefined
  readonly #counts = new Map<string, number>()
  #code: string | null = null
  #cause = ''
  #subjects: string[] = []
  #cancelTimer: Cancel | undefined

  constructor(clock: Clock, writeSum: (sum: Sum) => void) {
    this.#clock = clock
    this.#writeSum = writeSum
  }

  add(change: Change): void {
    this.#lastAt = this.#clock.date()
    if (this.#changes.length <= LINES) this.#changes.push({ change, at: this.#lastAt })
    this.#counts.set(change.kind, (this.#counts.get(change.kind) ?? 0) + 1)
    if (change.cause !== '') this.#addCause(change)
    this.#cancelTimer ??= this.#clock.after(WINDOW_MS, () => this.flush())
  }

  #addCause({ subject, code = null, cause }: Change): void {
    if (cause !== this.#cause) this.#subjects = []
    this.#code = code
    this.#cause = cause
    if (this.#subjects.length < SUBJECTS && !this.#subjects.includes(subject)) this.#subjects.push(subject)
  }

  /** Writes now what has been gathered. */
  flush(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const changes = this.#changes
    const lastAt = this.#lastAt ?? this.#clock.date()
    const sum = {
      counts: Object.fromEntries(this.#counts),
      text: [...this.#counts].map(([kind, count]) => `${count} ${kind}`).join(', '),
      code: this.#code,
      cause: this.#cause,
      subjects: this.#subjects,
    }
    this.#changes = []
    this.#counts.clear()
    this.#code = null
    this.#cause = ''
    this.#subjects = []
    if (changes.length > LINES) return writtenAt(lastAt, () => this.#writeSum(sum))
    for (const { change, at } of changes) writtenAt(at, change.write)
  }
}
