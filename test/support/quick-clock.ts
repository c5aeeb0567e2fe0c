import type { Cancel, Clock } from '../../src/lib/clock.ts'

interface Timer {
  readonly atMs: number
  readonly order: number
  readonly callback: () => void
  cancelled: boolean
}

/** Turns that promises get after each timer: more than the longest chain of them in the registration room. */
const TURNS = 20

/** What a machine's clock does that a perfect one does not. */
export interface QuickClockOptions {
  /** Default: always 0.5. */
  readonly chance?: () => number
  /** How late the next timer fires, in milliseconds; default 0. */
  readonly lateMs?: () => number
}

/**
 * A clock that stands still until it is told to go on, for long stretches of time and many timers: a timer costs it
 * next to nothing, however many wait.
 */
export class QuickClock implements Clock {
  readonly #chance: () => number
  readonly #lateMs: () => number
  /** A binary heap: the next one to fire first. Cancelled ones stay until it is their turn. */
  readonly #timers: Timer[] = []
  #nowMs = 0
  #order = 0
  #pending = 0

  constructor({ chance = () => 0.5, lateMs = () => 0 }: QuickClockOptions = {}) {
    this.#chance = chance
    this.#lateMs = lateMs
  }

  now(): number {
    return this.#nowMs
  }

  date(): Date {
    return new Date(Date.UTC(2026, 0, 1) + this.#nowMs)
  }

  random(): number {
    return this.#chance()
  }

  after(ms: number, callback: () => void): Cancel {
    this.#order += 1
    this.#pending += 1
    const atMs = this.#nowMs + Math.max(0, ms + this.#lateMs())
    const timer = { atMs, order: this.#order, callback, cancelled: false }
    this.#put(timer)
    return () => {
      if (!timer.cancelled) this.#pending -= 1
      timer.cancelled = true
    }
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#pending
  }

  /** Goes on by `ms`, running what falls due on the way, in order. Promises have to wait. */
  run(ms: number): void {
    const untilMs = this.#nowMs + ms
    while (this.#fire(untilMs));
    this.#nowMs = untilMs
  }

  /** Goes on by `ms`, letting promises that are ready run after each timer. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    do {
      for (let turn = 0; turn < TURNS; turn += 1) await undefined
    } while (this.#fire(untilMs))
    this.#nowMs = untilMs
  }

  /** One turn of the event loop: what is due now, but nothing that is set meanwhile, however soon. */
  turn(): void {
    const lastOrder = this.#order
    while (this.#fire(this.#nowMs, lastOrder));
  }

  /** Time passes while the process is stopped: no timer runs before it goes on. */
  stall(ms: number): void {
    this.#nowMs += ms
  }

  /** Runs the next timer; false if none is due. */
  #fire(untilMs: number, lastOrder = Number.POSITIVE_INFINITY): boolean {
    for (let timer = this.#timers[0]; timer !== undefined; timer = this.#timers[0]) {
      if (timer.atMs > untilMs || timer.order > lastOrder) return false
      this.#take()
      if (timer.cancelled) continue
      timer.cancelled = true
      this.#pending -= 1
      this.#nowMs = Math.max(this.#nowMs, timer.atMs)
      timer.callback()
      return true
    }
    return false
  }

  #put(timer: Timer): void {
    let place = this.#timers.push(timer) - 1
    while (place > 0) {
      const above = (place - 1) >> 1
      if (!this.#swapped(above, place)) return
      place = above
    }
  }

  /** Takes the first one out. */
  #take(): void {
    const last = this.#timers.pop()
    if (last === undefined || this.#timers.length === 0) return
    this.#timers[0] = last
    for (let place = 0; ; ) {
      const left = 2 * place + 1
      const below = this.#before(left + 1, left) ? left + 1 : left
      if (!this.#swapped(place, below)) return
      place = below
    }
  }

  /** Puts two timers into order; whether that was necessary. */
  #swapped(above: number, below: number): boolean {
    const [upper, lower] = [this.#timers[above], this.#timers[below]]
    if (upper === undefined || lower === undefined || !this.#before(below, above)) return false
    this.#timers[above] = lower
    this.#timers[below] = upper
    return true
  }

  #before(one: number, other: number): boolean {
    const [first, second] = [this.#timers[one], this.#timers[other]]
    if (first === undefined || second === undefined) return false
    return first.atMs < second.atMs || (first.atMs === second.atMs && first.order < second.order)
  }
}
