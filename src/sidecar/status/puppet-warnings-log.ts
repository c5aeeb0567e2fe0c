import type { Clock } from '../../lib/clock.ts'
import { RateLimiter } from '../../lib/rate-limiter.ts'
import { type Log, REPEATABLE_LINES } from '../../ops/log.ts'
import type { PuppetWarning } from '../events.ts'

/** Writes what is odd with a puppet that lives: once when it begins, and once when it is over. */
export class PuppetWarningsLog {
  readonly #log: Log
  readonly #clock: Clock
  #warnings: readonly PuppetWarning[] = []
  /** A puppet may say something else with every probe. */
  readonly #lines = new RateLimiter(REPEATABLE_LINES)

  constructor(log: Log, clock: Clock) {
    this.#log = log
    this.#clock = clock
  }

  record(warnings: readonly PuppetWarning[]): void {
    const before = this.#warnings
    this.#warnings = warnings
    for (const { code, text } of without(warnings, before))
      this.#write('warn', code, `the puppet answers, but ${text}`)
    for (const { code, text } of without(before, warnings)) this.#write('info', code, `no longer so: ${text}`)
  }

  #write(level: 'warn' | 'info', code: string, text: string): void {
    this.#log[this.#lines.take(this.#clock.now()) ? level : 'debug']({ code }, text)
  }
}

/** Those of `all` whose code is not among the others. */
function without(all: readonly PuppetWarning[], others: readonly PuppetWarning[]): readonly PuppetWarning[] {
  return all.filter(({ code }) => !others.some((other) => other.code === code))
}
