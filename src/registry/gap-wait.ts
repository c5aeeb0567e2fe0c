import { afterPatience, type Cancel, type Clock } from '../lib/clock.ts'

/** How long a registrant that was lost without a goodbye is expected back, in milliseconds, counted from its loss. */
const LOST_MS = 1000
/** How long after a start of the registry all registrants are expected back, in milliseconds. */
export const START_MS = 3000
/** How long a discovery in that time waits, in milliseconds. */
const START_WAIT_MS = 2000
/** Concurrent waits, of all tokens: anybody can ask for any token. */
export const WAITS_MAX = 10_000

/**
 * Lost tokens that are remembered, the newest: anybody can register any token and drop it. As many where few registrants may come:
 * otherwise those that come and go would push out the ones that are expected back.
 */
export const REMEMBERED_MAX = 50_000

/**
 * Grace periods of tokens: for a moment after a registrant was lost without a goodbye, and after a start of the registry,
 * discoveries wait for a registrant to come instead of answering that there is none.
 */
export class GapWait {
  readonly #clock: Clock
  readonly #allows: (token: string) => boolean
  /** When each token was lost, the oldest first. */
  readonly #lost = new Map<string, number>()
  #cancelForget: Cancel | undefined
  #startEndsMs = Number.NEGATIVE_INFINITY
  #cancelStart: Cancel | undefined
  /** Tokens that came back in the first seconds after a start: if they go, they are gone. */
  readonly #back = new Set<string>()
  /** By token, what ends each wait. */
  readonly #waits = new Map<string, Set<() => void>>()
  #waitCount = 0
  #hasEnded = false

  /** @param allows whether a token may be registered; no discovery waits for one that may not */
  constructor(clock: Clock, allows: (token: string) => boolean) {
    this.#clock = clock
    this.#allows = allows
  }

  /** The registry has started: what was registered before may come back. */
  start(): void {
    this.#startEndsMs = this.#clock.now() + START_MS
    this.#cancelStart = this.#clock.after(START_MS, () => this.#back.clear())
  }

  /** A registrant of a token was lost without a goodbye. */
  lost(token: string): void {
    if (this.#hasEnded) return
    this.#lost.delete(token)
    this.#lost.set(token, this.#clock.now())
    const [oldest] = this.#lost.keys()
    if (oldest !== undefined && this.#lost.size > REMEMBERED_MAX) this.#lost.delete(oldest)
    this.#cancelForget ??= this.#clock.after(LOST_MS, () => this.#forget())
  }

  /** A registrant of a token came: no other one is expected, and all waits for the token end. */
  came(token: string): void {
    this.#lost.delete(token)
    if (this.isStart && this.#back.size < REMEMBERED_MAX) this.#back.add(token)
    for (const endWait of this.#waits.get(token) ?? []) endWait()
  }

  /**
   * Until when a discovery of a token waits for a registrant to come; undefined if none is expected.
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
    const isOver = untilMs <= this.#clock.now()
    return isOver || !this.#allows(token) ? undefined : untilMs
  }

  /** Whether the registry started a moment ago. */
  get isStart(): boolean {
    return this.#clock.now() < this.#startEndsMs
  }

  /** Whether no other discovery may wait. */
  get isFull(): boolean {
    return this.#waitCount >= WAITS_MAX
  }

  /** Resolves when a registrant of the token came, at `untilMs`, or when the registry ends. */
  wait(token: string, untilMs: number): Promise<void> {
    const waits = this.#waits.get(token) ?? new Set()
    this.#waits.set(token, waits)
    this.#waitCount += 1
    return new Promise((resolve) => {
      const endWait = (): void => {
        cancel()
        this.#waitCount -= 1
        waits.delete(endWait)
        if (waits.size === 0) this.#waits.delete(token)
        resolve()
      }
      const cancel = afterPatience(this.#clock, untilMs - this.#clock.now(), endWait)
      waits.add(endWait)
    })
  }

  /** The registry ends: no registrant is expected any more, and all waits end. */
  end(): void {
    this.#hasEnded = true
    this.#cancelForget?.()
    this.#cancelStart?.()
    this.#startEndsMs = Number.NEGATIVE_INFINITY
    this.#lost.clear()
    this.#back.clear()
    for (const waits of this.#waits.values()) for (const endWait of waits) endWait()
  }

  /** How many tokens are remembered, and waits under way. */
  get size(): number {
    return this.#lost.size + this.#back.size + this.#waitCount
  }

  /** Forgets tokens whose time is up; waits for them have timers of their own. */
  #forget(): void {
    this.#cancelForget = undefined
    const nowMs = this.#clock.now()
    for (const [token, lostMs] of this.#lost) {
      const leftMs = lostMs + LOST_MS - nowMs
      if (leftMs > 0) {
        this.#cancelForget = this.#clock.after(leftMs, () => this.#forget())
        return
      }
      this.#lost.delete(token)
    }
  }
}
