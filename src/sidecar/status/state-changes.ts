import type { Clock } from '../../lib/clock.ts'

/** What was written about something since it got into its state: only what is new is written. */
interface Written {
  readonly state: string
  readonly sinceMs: number
  readonly causes: string[]
  /** How often one of the causes came again. */
  repeats: number
}

/** How long the state before a change had lasted, and how often causes that were written in it came again. */
export interface Lasted {
  readonly lastedMs?: number
  readonly repeats?: number
}

/** A registry may give another reason each time: in one state no more of them are written than this. */
const CAUSES_MAX = 16

/** Tells changes of state, which are written, from repeats, which are counted. */
export class StateChanges {
  readonly #clock: Clock
  readonly #written = new Map<string, Written>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The state that was written last; undefined if none was. */
  stateOf(subject: string): string | undefined {
    return this.#written.get(subject)?.state
  }

  /** Undefined if nothing is new. Causes that alternate within a state are new once each. */
  change(subject: string, state: string, cause: string): Lasted | undefined {
    const before = this.#written.get(subject)
    if (before?.state === state) {
      if (before.causes.includes(cause) || before.causes.length >= CAUSES_MAX) {
        before.repeats += 1
        return undefined
      }
      before.causes.push(cause)
      return {}
    }
    const sinceMs = this.#clock.now()
    this.#written.set(subject, { state, sinceMs, causes: [cause], repeats: 0 })
    if (before === undefined) return {}
    const lastedMs = Math.round(sinceMs - before.sinceMs)
    return before.repeats === 0 ? { lastedMs } : { lastedMs, repeats: before.repeats }
  }

  forget(subject: string): void {
    this.#written.delete(subject)
  }
}
