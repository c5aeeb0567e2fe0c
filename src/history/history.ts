import type { Clock } from '../lib/clock.ts'
import { type MinuteNames, Minutes } from './minutes.ts'
import type { EventReport, HistoryReport, StateReport } from './report.ts'

/** What is kept of a program's past. */
export interface HistoryNames extends MinuteNames {
  /** Things that are in one of a few states. */
  readonly states: readonly string[]
}

/** A state that began at some instant of the monotonic clock. */
interface Transition {
  readonly atMs: number
  readonly state: string
  readonly code: string | null
  readonly cause: string
}

interface PastEvent extends Omit<EventReport, 'at'> {
  readonly atMs: number
}

/** With texts of full length, four things that have states take about 200 KB. */
const TRANSITIONS_KEPT = 200
const EVENTS_KEPT = 50
const TEXT_MAX = 160
const DAY_MS = 24 * 60 * 60_000

/**
 * What happened in the last day: states, a summary of each minute, and the last lines of the log. It takes the same room however much happens.
 */
export class History {
  readonly #clock: Clock
  readonly #redact: (text: string) => string
  readonly #startMs: number
  readonly #states: ReadonlyMap<string, Transition[]>
  readonly #minutes: Minutes
  readonly #events: PastEvent[] = []
  #eventNumber = 0

  /**
   * @param redact takes secrets out of texts before they are shortened: no later look would find a part of one, or one that was in use then. Default: leaves
   * them as they are
   */
  constructor(names: HistoryNames, clock: Clock, redact = (text: string): string => text) {
    this.#clock = clock
    this.#redact = redact
    this.#startMs = clock.now()
    this.#states = new Map(names.states.map((name) => [name, []]))
    this.#minutes = new Minutes(names, this.#startMs)
  }

  /** Something is in this state from now on; nothing changes where it was in it already, for the same reason. */
  enter(name: string, state: string, code: string | null = null, cause = ''): void {
    const transitions = this.#states.get(name)
    const last = transitions?.at(-1)
    const text = this.#shown(cause)
    if (transitions === undefined || (last?.state === state && last.code === code && last.cause === text))
      return
    transitions.push({ atMs: this.#clock.now(), state, code, cause: text })
    if (transitions.length > TRANSITIONS_KEPT) transitions.shift()
  }

  took(name: string, ms: number): void {
    this.#minutes.took(name, ms, this.#clock.now())
  }

  happened(name: string): void {
    this.#minutes.happened(name, this.#clock.now())
  }

  set(name: string, value: number): void {
    this.#minutes.set(name, value, this.#clock.now())
  }

  /** Adds a line of the log. */
  note(level: EventReport['level'], text: string, token: string | null): void {
    this.#eventNumber += 1
    const atMs = this.#clock.now()
    this.#events.push({ number: this.#eventNumber, atMs, level, text: this.#shown(text), token })
    if (this.#events.length > EVENTS_KEPT) this.#events.shift()
  }

  #shown(text: string): string {
    return text === '' ? '' : shortened(this.#redact(text))
  }

  /** @param sinceMs of each thing, the state at this instant of the monotonic clock and what came later; default: all */
  report(sinceMs = Number.NEGATIVE_INFINITY): HistoryReport {
    const nowMs = this.#clock.now()
    const epochMs = this.#clock.date().getTime() - nowMs
    const iso = (atMs: number): string => new Date(epochMs + atMs).toISOString()
    const fromMs = Math.max(sinceMs, nowMs - DAY_MS, this.#startMs)
    return {
      since: iso(fromMs),
      until: iso(nowMs),
      states: Object.fromEntries(
        [...this.#states].map(([name, all]) => [name, statesSince(all, fromMs).map(stateReport(iso))]),
      ),
      minutes: this.#minutes.report(nowMs, fromMs, iso),
      events: this.#events
        .filter(({ atMs }) => atMs >= fromMs)
        .map(({ number, atMs, level, text, token }) => ({ number, at: iso(atMs), level, text, token })),
    }
  }
}

/** From the state in force at that instant on. */
function statesSince(all: readonly Transition[], fromMs: number): readonly Transition[] {
  const first = all.findLastIndex(({ atMs }) => atMs <= fromMs)
  return all.slice(Math.max(first, 0))
}

function stateReport(iso: (atMs: number) => string): (transition: Transition) => StateReport {
  return ({ atMs, state, code, cause }) => ({ at: iso(atMs), state, code, cause })
}

function shortened(text: string): string {
  return text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX - 1)}…`
}
