import type { Clock } from '../../lib/clock.ts'

/** Lines in a while. */
const LINES = 10
const WHILE_MS = 10_000

/** Keeps what others can repeat without end from filling the log: ten lines in ten seconds, the rest at `debug`. */
export class LogRateLimit {
  readonly #clock: Clock
  #sinceMs = Number.NEGATIVE_INFINITY
  #lines = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** At which level the next line is to be written. */
  levelFor<Level extends string>(level: Level): Level | 'debug' {
    const nowMs = this.#clock.now()
    if (nowMs - this.#sinceMs >= WHILE_MS) {
      this.#sinceMs = nowMs
      this.#lines = 0
    }
    this.#lines += 1
    return this.#lines > LINES ? 'debug' : level
  }
}
