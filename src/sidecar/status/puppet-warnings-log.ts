import type { Clock } from '../../lib/clock.ts'
import { type Log, RepeatableLines } from '../../ops/log.ts'
import type { PuppetWarning } from '../events.ts'

/** Writes what is odd with a puppet that lives: once when it begins, and once when it is over. */
export class PuppetWarningsLog {
  readonly #log: Log
  #warnings: readonly PuppetWarning[] = []
  /** A puppet may say something else with every probe. */
  readonly #lines: RepeatableLines

  constructor(log: Log, clock: Clock) {
    this.#log = log
    this.#lines = new RepeatableLines(clock)
  }

  record(warnings: readonly PuppetWarning[]): void {
    const before = this.#warnings
    this.#warnings = warnings
    for (const { code, text } of without(warnings, before))
      this.#write('warn', code, `the puppet answers, but ${text}`)
    for (const { code, text } of without(before, warnings)) this.#write('info', code, `no longer so: ${text}`)
  }

  #write(level: 'warn' | 'info', code: string, text: string): void {
    this.#log[this.#lines.level(level)]({ code }, text)
  }
}

/** Those of `all` whose code is not among the others. */
function without(all: readonly PuppetWarning[], others: readonly PuppetWarning[]): readonly PuppetWarning[] {
  return all.filter(({ code }) => !others.some((other) => other.code === code))
}
