import type { Clock } from '../../lib/clock.ts'
import { type Log, RepeatableLines } from '../../ops/log.ts'
import { type AdviceCode, isAllClear, topicOf } from '../../protocol/advice.ts'
import type { SidecarEvent } from '../events.ts'

/** As many different advices are remembered as written. */
const WRITTEN_MAX = 100

/** What nobody has to do anything about. */
const HARMLESS: ReadonlySet<AdviceCode> = new Set(['PUBLISHED_NEARBY', 'REGISTRY_SAYS'])

/** Writes what the registry advises, each advice once, for whichever tokens it is; again when it had been all clear. */
export class AdviceLog {
  readonly #log: Log
  readonly #written = new Map<string, AdviceCode>()
  /** Whoever holds the token may make the registry say something. */
  readonly #lines: RepeatableLines

  constructor(log: Log, clock: Clock) {
    this.#log = log
    this.#lines = new RepeatableLines(clock)
  }

  record({ id: token, advice: { code, text } }: SidecarEvent & { type: 'advice' }): void {
    const fields = { token, code }
    const words = `the registry advises: ${text}`
    if (!this.#isNew(code, text)) return this.#log.debug(fields, words)
    const level = isAllClear(code) || HARMLESS.has(code) ? 'info' : 'warn'
    this.#log[this.#lines.level(level)](fields, words)
  }

  #isNew(code: AdviceCode, text: string): boolean {
    const key = `${code} ${text}`
    if (this.#written.has(key)) return false
    for (const [other, written] of this.#written) {
      const isOver = topicOf(written) === topicOf(code) && isAllClear(written) !== isAllClear(code)
      if (isOver) this.#written.delete(other)
    }
    const [oldest] = this.#written.keys()
    if (this.#written.size >= WRITTEN_MAX && oldest !== undefined) this.#written.delete(oldest)
    this.#written.set(key, code)
    return true
  }
}
