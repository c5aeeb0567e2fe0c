import type { Cancel } from '../../../../src/lib/clock.ts'
import { Pacer } from '../../../../src/sidecar/registration/pacer.ts'
import { QuickClock, type QuickClockOptions } from '../../../support/quick-clock.ts'

/** What a rate over 50 a second may catch up with at once. */
export const COARSE_MS = 20

/** What became of one that queued. Turns number everything that happens, in order. */
export interface Place {
  readonly cameTurn: number
  readonly isRetry: boolean
  /** How many of its lane waited when it came. */
  readonly before: number
  readonly startTurns: number[]
  cancelled: boolean
  cancel: Cancel
}

/** A start, and how many of each lane waited for it, whoever started included. */
export interface Start {
  readonly isRetry: boolean
  readonly first: number
  readonly retries: number
}

/** A pacer whose every start is written down. */
export function harness(perSecond: number, options: QuickClockOptions = {}) {
  const clock = new QuickClock(options)
  const pacer = new Pacer(clock, perSecond)
  const places: Place[] = []
  /** When whoever started did, in order. */
  const startsMs: number[] = []
  const startTurns: number[] = []
  const starts: Start[] = []
  const waiting = { first: 0, retries: 0 }
  let turn = 0
  const queue = (then: () => void = () => {}, isRetry = false): Place => {
    const lane = isRetry ? 'retries' : 'first'
    turn += 1
    const place: Place = {
      cameTurn: turn,
      isRetry,
      before: waiting[lane],
      startTurns: [],
      cancelled: false,
      cancel: () => {},
    }
    waiting[lane] += 1
    places.push(place)
    const leave = pacer.queue(() => {
      turn += 1
      starts.push({ isRetry, ...waiting })
      waiting[lane] -= 1
      place.startTurns.push(turn)
      startTurns.push(turn)
      startsMs.push(clock.now())
      then()
    }, isRetry)
    place.cancel = () => {
      leave()
      if (place.startTurns.length > 0 || place.cancelled) return
      place.cancelled = true
      waiting[lane] -= 1
    }
    return place
  }
  const queueMany = (count: number, isRetry = false): Place[] =>
    Array.from({ length: count }, () => queue(() => {}, isRetry))
  const allWaiting = (): number => waiting.first + waiting.retries
  return { clock, pacer, places, startsMs, startTurns, starts, queue, queueMany, waiting: allWaiting }
}

/** How far the busiest window of all is over the rate, in milliseconds of starts. */
export function overMs(startsMs: readonly number[], perSecond: number): number {
  const spacingMs = 1000 / perSecond
  let [least, most] = [Number.POSITIVE_INFINITY, 0]
  for (const [index, atMs] of startsMs.entries()) {
    const aheadMs = index * spacingMs - atMs
    least = Math.min(least, aheadMs)
    most = Math.max(most, aheadMs - least)
  }
  return most
}
