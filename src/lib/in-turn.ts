import type { Clock } from './clock.ts'

/** After each piece of work comes a rest that is so many times as long: there is always time for everything else. */
const REST = 3

interface Waiting {
  readonly done: Promise<unknown>
  /** Each says whether somebody still waits. */
  askers: readonly (() => boolean)[]
}

/** Does work that takes long one piece at a time, in the order in which it came, and rests between two pieces. */
export class InTurn {
  readonly #clock: Clock
  /** Work that has not begun, by what it is. */
  readonly #waiting = new Map<string, Waiting>()
  #before: Promise<void> = Promise.resolve()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * The same, but once for all who ask for the same before the work begins. Undefined if nobody waits for it any more then.
   *
   * @param name of the work
   * @param isWaiting whether this one still waits
   */
  once<Result>(
    name: string,
    isWaiting: () => boolean,
    work: () => Result | Promise<Result>,
  ): Promise<Result | undefined> {
    const waiting = this.#waiting.get(name)
    if (waiting !== undefined) {
      waiting.askers = [...waiting.askers.filter((asker) => asker()), isWaiting]
      return waiting.done as Promise<Result | undefined>
    }
    const done = this.do(async () => {
      const { askers } = entry
      this.#waiting.delete(name)
      return askers.some((asker) => asker()) ? work() : undefined
    })
    const entry: Waiting = { done, askers: [isWaiting] }
    this.#waiting.set(name, entry)
    return done
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
