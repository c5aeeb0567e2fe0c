import { DAY_MS } from './report.ts'

/** A state that began at some instant, in milliseconds. */
interface PastState {
  /** Counts up from 1. */
  readonly number: number
  readonly atMs: number
  readonly state: string
  readonly code: string | null
  readonly cause: string
  /** Changes between this and the next that are not kept. */
  readonly changes: number
  /** When this was written: later than `atMs` where several were put together, or where it was heard of later. */
  readonly writtenMs: number
}

/** With texts of full length, four things that have states take about 130 KB. */
export const STATES_KEPT = 80
/** As many are left when some were put together: the next ones have room, and readers are not told of old ones with each new one. */
export const STATES_LEFT = 62

/**
 * The states of one thing, one after the other, without a gap. Where there is no room for all, those that lasted shortest, measured by
 * how long ago they are, are put together with the next: a day of ups and downs stays a day, and its end stays exact.
 */
export class PastStates {
  readonly #all: PastState[] = []
  #number = 0

  /** Whether it is in this state now, for this reason. */
  isIn(state: string, code: string | null, cause: string): boolean {
    const last = this.#all.at(-1)
    return last?.state === state && last.code === code && last.cause === cause
  }

  /**
   * It is in this state from now on. Nothing changes where it was in it already, for the same reason.
   *
   * @param atMs when that began, where it is heard of later; not before the state before it. Default: now
   */
  enter(state: string, code: string | null, cause: string, nowMs: number, atMs = nowMs): void {
    if (this.isIn(state, code, cause)) return
    const beganMs = Math.min(Math.max(atMs, this.#all.at(-1)?.atMs ?? nowMs), nowMs)
    // It was over a day ago.
    while ((this.#all[1]?.atMs ?? nowMs) <= nowMs - DAY_MS) this.#all.shift()
    this.#number += 1
    this.#all.push({ number: this.#number, atMs: beganMs, state, code, cause, changes: 0, writtenMs: nowMs })
    if (this.#all.length > STATES_KEPT) this.#makeRoom(nowMs)
  }

  /**
   * @param fromMs what was over by then is left out
   * @param sinceMs so is what whoever asks had been told by then; the last that he knows comes first
   */
  report(fromMs: number, sinceMs: number): readonly PastState[] {
    const inForce = this.#all.findLastIndex(({ atMs }) => atMs <= fromMs)
    const news = this.#all.findIndex(({ writtenMs }) => writtenMs >= sinceMs)
    const known = (news < 0 ? this.#all.length : news) - 1
    return this.#all.slice(Math.max(inForce, known, 0))
  }

  #makeRoom(nowMs: number): void {
    while (this.#all.length > STATES_LEFT) {
      const index = this.#leastWorth(nowMs)
      const [one, other, next] = this.#all.slice(index, index + 3)
      if (one === undefined || other === undefined || next === undefined) return
      const { state, code, cause } = moreTelling(one, other, next)
      const { number, atMs } = one
      const changes = one.changes + 1 + other.changes
      this.#all.splice(index, 2, { number, atMs, state, code, cause, changes, writtenMs: nowMs })
    }
  }

  /** Where the two begin that lasted shortest for their age. The last state is left alone: it goes on. */
  #leastWorth(nowMs: number): number {
    let least = 0
    let leastWorth = Number.POSITIVE_INFINITY
    for (let index = 0; index + 2 < this.#all.length; index += 1) {
      const beginMs = this.#all[index]?.atMs ?? 0
      const endMs = this.#all[index + 2]?.atMs ?? 0
      const worth = endMs === beginMs ? 0 : (endMs - beginMs) / (nowMs - beginMs)
      if (worth >= leastWorth) continue
      leastWorth = worth
      least = index
    }
    return least
  }
}

/** Trouble, or else what lasted longer. */
function moreTelling(one: PastState, other: PastState, next: PastState): PastState {
  if ((one.code === null) !== (other.code === null)) return one.code === null ? other : one
  return next.atMs - other.atMs > other.atMs - one.atMs ? other : one
}
