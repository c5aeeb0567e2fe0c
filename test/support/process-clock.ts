import type { Cancel, Clock } from '../../src/lib/clock.ts'

/** The clock of one process that can stand still, while time passes for the others. */
export class ProcessClock implements Clock {
  readonly #clock: Clock
  readonly #aheadMs: number
  /** What fell due while it stood still, in order. */
  readonly #due: (() => void)[] = []
  #isStill = false
  #isDead = false
  #pending = 0

  /** @param aheadMs how far it is ahead of the other: each process counts from its own start */
  constructor(clock: Clock, aheadMs = 0) {
    this.#clock = clock
    this.#aheadMs = aheadMs
  }

  now(): number {
    return this.#clock.now() + this.#aheadMs
  }

  date(): Date {
    return this.#clock.date()
  }

  random(): number {
    return this.#clock.random()
  }

  after(ms: number, callback: () => void): Cancel {
    let isOver = false
    this.#pending += 1
    const end = (): boolean => {
      const wasOver = isOver
      isOver = true
      if (!wasOver) this.#pending -= 1
      return wasOver
    }
    const run = (): void => {
      if (!end()) callback()
    }
    const cancel = this.#clock.after(ms, () => {
      if (this.#isDead) return
      if (this.#isStill) this.#due.push(run)
      else run()
    })
    return () => {
      end()
      cancel()
    }
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#pending
  }

  stop(): void {
    this.#isStill = true
  }

  /** Timers run first, before anything is read. */
  goOn(): void {
    this.#isStill = false
    for (const run of this.#due.splice(0)) run()
  }

  /** For good. */
  die(): void {
    this.#isDead = true
    this.#isStill = true
    this.#due.length = 0
  }
}
