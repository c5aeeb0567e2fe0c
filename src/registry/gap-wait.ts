import { afterPatience, type Cancel, type Clock } from '../lib/clock.ts'

/** How long a registrant that was lost without a word is expected back, in milliseconds, counted from its loss. */
export const LOST_MS = 1000
/** How long after a start of the registry everybody is expected back, in milliseconds. */
export const START_MS = 3000
/** How long a discovery in that time waits, in milliseconds. */
export const START_WAIT_MS = 2000
/** Concurrent waits, of all tokens: anybody can ask for any token. */
export const AWAITED_MAX = 10_000

/**
 * Lost tokens that are remembered, the newest: anybody can register any token and drop it. Not fewer where few registrants may
 * come: strangers who come and go would push out who is expected back.
 */
export const REMEMBERED_MAX = 50_000

/** What they need. */
export interface GapWaitOptions {
  readonly clock: Clock
  /** Whether a token may be registered; no discovery waits for one that may not. */
  readonly allows: (token: string) => boolean
}

/**
 * Grace periods of tokens: for a moment after a registrant was lost without a word, and after a start of the registry,
 * discoveries wait for somebody to come instead of saying that nobody is there.
 */
export class GapWait {
  readonly #options: GapWaitOptions
  /** When each token was lost, the oldest first. */
  readonly #lost = new Map<string, number>()
  #cancelForget: Cancel | undefined
  /** Until when it is shortly after a start. */
  #startEndsMs = Number.NEGATIVE_INFINITY
  #cancelStart: Cancel | undefined
  /** Who has come back during the start period: if they go, they are gone. */
  readonly #back = new Set<string>()
  /** Lets those go on who wait for a token. */
  readonly #awaited = new Map<string, Set<() => void>>()
  #waits = 0
  #ended = false

  constructor(options: GapWaitOptions) {
    this.#options = options
  }

  /** The registry has started: whoever was registered before may come back. */
  start(): void {
    const { clock } = this.#options
    this.#startEndsMs = clock.now() + START_MS
    this.#cancelStart = clock.after(START_MS, () => this.#back.clear())
  }

  /** A registrant of a token was lost without a word. */
  lost(token: string): void {
    if (this.#ended) return
    const { clock } = this.#options
    this.#lost.delete(token)
    this.#lost.set(token, clock.now())
    const [oldest] = this.#lost.keys()
    if (oldest !== undefined && this.#lost.size > REMEMBERED_MAX) this.#lost.delete(oldest)
    this.#cancelForget ??= clock.after(LOST_MS, () => this.#forget())
  }

  /** A registrant of a token came: nobody else is expected, and those who wait go on. */
  came(token: string): void {
    this.#lost.delete(token)
    if (this.isStart && this.#back.size < REMEMBERED_MAX) this.#back.add(token)
    for (const goOn of this.#awaited.get(token) ?? []) goOn()
  }

  /**
   * Until when a discovery of a token waits for somebody to come; undefined if nobody is expected.
   *
   * @param askedMs when the discovery came
   */
  untilMs(token: string, askedMs: number): number | undefined {
    const lostMs = this.#lost.get(token)
    const isStart = askedMs < this.#startEndsMs && !this.#back.has(token)
    const untilMs = Math.max(
      lostMs === undefined ? Number.NEGATIVE_INFINITY : lostMs + LOST_MS,
      isStart ? askedMs + START_WAIT_MS : Number.NEGATIVE_INFINITY,
    )
    const isOver = untilMs <= this.#options.clock.now()
    return isOver || !this.#options.allows(token) ? undefined : untilMs
  }

  /** Whether it is shortly after a start. */
  get isStart(): boolean {
    return this.#options.clock.now() < this.#startEndsMs
  }

  /** Whether nobody else can wait. */
  get isFull(): boolean {
    return this.#waits >= AWAITED_MAX
  }

  /** Resolves when somebody came, when the time is up, or when all of it ends. */
  wait(token: string, untilMs: number): Promise<void> {
    const { clock } = this.#options
    const those = this.#awaited.get(token) ?? new Set()
    this.#awaited.set(token, those)
    this.#waits += 1
    return new Promise((resolve) => {
      const goOn = (): void => {
        cancel()
        this.#waits -= 1
        those.delete(goOn)
        if (those.size === 0) this.#awaited.delete(token)
        resolve()
      }
      const cancel = afterPatience(clock, untilMs - clock.now(), goOn)
      those.add(goOn)
    })
  }

  /** Nobody is expected any more, and whoever waits goes on. */
  end(): void {
    this.#ended = true
    this.#cancelForget?.()
    this.#cancelStart?.()
    this.#startEndsMs = Number.NEGATIVE_INFINITY
    this.#lost.clear()
    this.#back.clear()
    for (const those of this.#awaited.values()) for (const goOn of those) goOn()
  }

  /** How many tokens are remembered, and how often one is waited for. */
  get size(): number {
    return this.#lost.size + this.#back.size + this.#waits
  }

  /** Forgets those whose time is up; those who wait for them have timers of their own. */
  #forget(): void {
    this.#cancelForget = undefined
    const nowMs = this.#options.clock.now()
    for (const [token, lostMs] of this.#lost) {
      const leftMs = lostMs + LOST_MS - nowMs
      if (leftMs > 0) {
        this.#cancelForget = this.#options.clock.after(leftMs, () => this.#forget())
        return
      }
      this.#lost.delete(token)
    }
  }
}
