import type { Clock } from '../lib/clock.ts'
import { printable } from '../lib/printable.ts'
import { type MinuteNames, Minutes } from './minutes.ts'
import { PastStates } from './past-states.ts'
import { DAY_MS, EVENTS_KEPT, type EventReport, type HistoryReport } from './report.ts'

/** What is kept of a program's past. */
export interface HistoryNames extends MinuteNames {
  /** Things that are in one of a few states. */
  readonly states: readonly string[]
}

interface PastEvent extends Omit<EventReport, 'at'> {
  readonly atMs: number
}

/** Of a text, in UTF-16 code units. */
const TEXT_MAX = 140
/** Two clocks that differ by more than before have been set; by less, they were read one after the other. */
const SET_MS = 500

/**
 * What happened in the last day: states, a summary of each minute, and the last lines of the log. It takes the same room however much happens.
 *
 * Instants are whole milliseconds of the monotonic clock. They become dates only when somebody asks: a wall clock that is set while the
 * program runs puts nothing out of order.
 */
export class History {
  readonly #clock: Clock
  readonly #redact: (text: string) => string
  readonly #startMs: number
  readonly #states: ReadonlyMap<string, PastStates>
  readonly #minutes: Minutes
  readonly #events: PastEvent[] = []
  #eventNumber = 0
  #onLine = (): void => {}
  /** The date of the monotonic clock's zero, in milliseconds, and since when it is that. */
  #zeroMs: number
  #setMs: number

  /**
   * @param redact takes secrets out of texts before they are shortened: no later look would find a part of one, or one that was in use
   * then. Default: leaves them as they are
   */
  constructor(names: HistoryNames, clock: Clock, redact = (text: string): string => text) {
    this.#clock = clock
    this.#redact = redact
    this.#startMs = this.#nowMs
    this.#states = new Map(names.states.map((name) => [name, new PastStates()]))
    this.#minutes = new Minutes(names, this.#startMs)
    this.#zeroMs = clock.date().getTime() - this.#startMs
    this.#setMs = this.#startMs
  }

  /**
   * Something is in this state from now on; nothing changes where it was in it already, for the same reason.
   *
   * @param at when that began, where it is heard of later; default: now
   */
  enter(name: string, state: string, code: string | null = null, cause = '', at?: Date): void {
    const past = this.#states.get(name)
    // With many tokens it is mostly nothing new: then there is nothing to shorten.
    if (past === undefined || past.isIn(state, code, cause)) return
    const atMs = at === undefined ? this.#nowMs : this.instantOf(at)
    past.enter(state, code, this.#shortened(cause), this.#nowMs, atMs)
  }

  took(name: string, ms: number): void {
    this.#minutes.took(name, ms, this.#nowMs)
  }

  happened(name: string): void {
    this.#minutes.happened(name, this.#nowMs)
  }

  set(name: string, value: number): void {
    this.#minutes.set(name, value, this.#nowMs)
  }

  /** Adds a line of the log. */
  note(level: EventReport['level'], text: string, token: string | null): void {
    this.#eventNumber += 1
    const line = { number: this.#eventNumber, atMs: this.#nowMs, level, text: this.#shortened(text), token }
    this.#events.push(line)
    if (this.#events.length > EVENTS_KEPT) this.#events.shift()
    this.#onLine()
  }

  /** `listener` hears of each line from now on. Where much happens, lines come a second after the events that they are about. */
  onLine(listener: () => void): void {
    this.#onLine = listener
  }

  /** That date as an instant of the monotonic clock. */
  instantOf(date: Date): number {
    this.#readWallClock()
    return date.getTime() - this.#zeroMs
  }

  /**
   * @param sinceMs what was reported by this instant of the monotonic clock is known; by default nothing is. Of things that have states, the
   * state then comes again. An instant from before the wall clock was set, or that is still to come, counts as none.
   */
  report(sinceMs = Number.NEGATIVE_INFINITY): HistoryReport {
    this.#readWallClock()
    const nowMs = this.#nowMs
    const fromMs = Math.max(nowMs - DAY_MS, this.#startMs)
    const isOfUse = sinceMs >= Math.max(fromMs, this.#setMs) && sinceMs <= this.#clock.now()
    const knownMs = isOfUse ? Math.floor(sinceMs) : Number.NEGATIVE_INFINITY
    const iso = (atMs: number): string => new Date(this.#zeroMs + atMs).toISOString()
    return {
      started: iso(this.#startMs),
      since: iso(Math.max(fromMs, knownMs)),
      until: iso(nowMs),
      states: Object.fromEntries(
        [...this.#states].map(([name, past]) => [
          name,
          past.report(fromMs, knownMs).map(({ number, atMs, state, code, cause, changes }) => {
            return { number, at: iso(atMs), state, code, cause, changes }
          }),
        ]),
      ),
      minutes: this.#minutes.report(nowMs, Math.max(fromMs, knownMs), iso),
      events: this.#events
        .filter(({ atMs }) => atMs >= knownMs)
        .map(({ number, atMs, level, text, token }) => ({ number, at: iso(atMs), level, text, token })),
    }
  }

  get #nowMs(): number {
    return Math.floor(this.#clock.now())
  }

  #readWallClock(): void {
    const zeroMs = this.#clock.date().getTime() - this.#nowMs
    if (Math.abs(zeroMs - this.#zeroMs) <= SET_MS) return
    this.#zeroMs = zeroMs
    this.#setMs = this.#nowMs + 1
  }

  /** One line without secrets. It is a copy: a part of a text would keep the whole text in memory. */
  #shortened(text: string): string {
    if (text === '') return text
    const line = printable(text, this.#redact, TEXT_MAX)
    const short =
      line.length <= TEXT_MAX ? line : `${line.slice(0, TEXT_MAX - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
    return Buffer.from(short).toString()
  }
}
