import type { Cancel, Clock } from '../../src/lib/clock.ts'
import { seededChance } from '../support/chance.ts'

/** A clock that many share, with a chance that one of them has for itself. */
export class OwnChance implements Clock {
  readonly #clock: Clock
  readonly random: () => number

  constructor(clock: Clock, seed: number) {
    this.#clock = clock
    this.random = seededChance(seed)
  }

  now(): number {
    return this.#clock.now()
  }

  date(): Date {
    return this.#clock.date()
  }

  after(ms: number, callback: () => void): Cancel {
    return this.#clock.after(ms, callback)
  }
}
