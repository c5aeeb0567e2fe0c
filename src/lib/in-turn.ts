import type { Clock } from './clock.ts'

/** After each piece of work comes a rest that is so many times as long: there is always time for everything else. */
const REST = 3

/** Does work that takes long one piece at a time, in the order in which it came, and rests between two pieces. */
export class InTurn {
  readonly #clock: Clock
  #before: Promise<void> = Promise.resolve()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves, or rejects, as the work does. */
  do<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    let tookMs = 0
    const done = this.#before.then(async () => {
      const beganMs = this.#clock.now()
      try {
        return await work()
      } finally {
        tookMs = this.#clock.now() - beganMs
      }
    })
    const rest = (): Promise<void> => this.#rest(tookMs)
    this.#before = done.then(rest, rest)
    return done
  }

  #rest(tookMs: number): Promise<void> {
    if (tookMs === 0) return Promise.resolve()
    return new Promise((resolve) => this.#clock.after(tookMs * REST, resolve))
  }
}
