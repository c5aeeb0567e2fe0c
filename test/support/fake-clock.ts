import type { Cancel, Clock } from '../../src/lib/clock.ts'

interface Timer {
  readonly atMs: number
  readonly order: number
  readonly callback: () => void
}

/** Lets promises that are ready run, before and after each timer. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** A clock that stands still until it is told to go on. Chance is a number of the test's choice. */
export class FakeClock implements Clock {
  chance: () => number
  #nowMs = 0
  #order = 0
  readonly #timers = new Set<Timer>()
  readonly #epochMs: number

  constructor(options: { chance?: () => number; epoch?: string } = {}) {
    this.chance = options.chance ?? (() => 0.5)
    this.#epochMs = Date.parse(options.epoch ?? '2026-01-01T00:00:00Z')
  }

  now(): number {
    return this.#nowMs
  }

  date(): Date {
    return new Date(this.#epochMs + this.#nowMs)
  }

  random(): number {
    return this.chance()
  }

  after(ms: number, callback: () => void): Cancel {
    this.#order += 1
    const timer = { atMs: this.#nowMs + ms, order: this.#order, callback }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.size
  }

  /** Goes on by `ms`, running what falls due on the way, in order. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await settle()
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#timers.delete(next)
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.callback()
      await settle()
    }
    this.#nowMs = untilMs
  }

  #next(untilMs: number): Timer | undefined {
    const due = [...this.#timers].filter(({ atMs }) => atMs <= untilMs)
    return due.sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0]
  }
}
