import type { Cancel, Clock } from '../lib/clock.ts'

/** What became of how many in one second, and the newest trouble in words, if there was any. */
export interface Sum {
  readonly counts: Readonly<Record<string, number>>
  readonly trouble: string
  /** Public names of the first few that are in trouble. */
  readonly troubled: readonly string[]
}

/** One change that may be told by itself. */
export interface Change {
  /** The token's public name. */
  readonly token: string
  /** What became of it: the word it is counted under. */
  readonly kind: string
  /** Why, where that is trouble; empty where it is not. */
  readonly trouble: string
  /** Tells it by itself. */
  readonly tell: () => void
}

const TOGETHER_MS = 1000
/** As many changes in a second are told one by one; if there are more, only their sum is. */
const ONE_BY_ONE = 10
/** As many tokens are named in a sum: enough to look one of them up. */
const NAMED = 3

/** Gathers the changes of many tokens: once a second, a few are told one by one, and more than a few as a sum. */
export class LogAggregator {
  readonly #clock: Clock
  readonly #tellSum: (sum: Sum) => void
  #changes: Change[] = []
  readonly #counts = new Map<string, number>()
  #trouble = ''
  #troubled: string[] = []
  #cancelTimer: Cancel | undefined

  constructor(clock: Clock, tellSum: (sum: Sum) => void) {
    this.#clock = clock
    this.#tellSum = tellSum
  }

  add(change: Change): void {
    if (this.#changes.length <= ONE_BY_ONE) this.#changes.push(change)
    this.#counts.set(change.kind, (this.#counts.get(change.kind) ?? 0) + 1)
    if (change.trouble !== '') this.#note(change)
    this.#cancelTimer ??= this.#clock.after(TOGETHER_MS, () => this.flush())
  }

  /** Names go with the cause that is told: the newest. */
  #note({ token, trouble }: Change): void {
    if (trouble !== this.#trouble) this.#troubled = []
    this.#trouble = trouble
    if (this.#troubled.length < NAMED && !this.#troubled.includes(token)) this.#troubled.push(token)
  }

  /** Tells what has been gathered now. */
  flush(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const changes = this.#changes
    const sum = {
      counts: Object.fromEntries(this.#counts),
      trouble: this.#trouble,
      troubled: this.#troubled,
    }
    this.#changes = []
    this.#counts.clear()
    this.#trouble = ''
    this.#troubled = []
    if (changes.length > ONE_BY_ONE) this.#tellSum(sum)
    else for (const { tell } of changes) tell()
  }
}
