import { type Cancel, type Clock, systemClock } from '../lib/clock.ts'

/** How long a turn lasts at least, in milliseconds. */
const TURN_MS = 5

/**
 * A clock that counts turns. A turn ends by a timer, so that before it everything is read that had arrived when it began, however long that
 * takes: by the time alone, a busy process would have many windows in one turn of its event loop.
 */
export class TurnClock implements Pick<Clock, 'now' | 'after'> {
  #turn = 0
  #isCounting = false

  now(): number {
    if (!this.#isCounting) {
      this.#isCounting = true
      systemClock.after(TURN_MS, () => {
        this.#isCounting = false
        this.#turn += 1
      })
    }
    return this.#turn
  }

  /** Calls `callback` a turn later, which is as far ahead as anybody looks. */
  after(_turns: 1, callback: () => void): Cancel {
    return systemClock.after(TURN_MS, callback)
  }
}
