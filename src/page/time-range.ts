/** How much of the past is shown. */
export type Period = 'hour' | 'day'

export const PERIODS: readonly Period[] = ['hour', 'day']

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

const LENGTHS_MS: Readonly<Record<Period, number>> = { hour: HOUR_MS, day: 24 * HOUR_MS }
/** While less is known than the period, only so much is shown, but no less than this. */
const SHORTEST_MS = 3 * MINUTE_MS
/** Between two marks of the time axis; of these the first that makes few enough marks for a phone. */
const TICKS_MS = [
  MINUTE_MS,
  2 * MINUTE_MS,
  5 * MINUTE_MS,
  10 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
  4 * HOUR_MS,
]
const TICKS_MAX = 6

/** From when until when, in milliseconds since the epoch. */
export interface TimeRange {
  readonly fromMs: number
  readonly toMs: number
}

/**
 * What of the past is shown: the period until now, or what is known of it.
 *
 * @param sinceMs before that nothing is known
 */
export function rangeOf(period: Period, sinceMs: number, nowMs: number): TimeRange {
  const knownMs = Math.max(SHORTEST_MS, nowMs - sinceMs)
  return { fromMs: nowMs - Math.min(LENGTHS_MS[period], knownMs), toMs: nowMs }
}

/**
 * The round instants of a range: whole ten minutes of an hour, whole four hours of a day.
 *
 * @param zoneMs how far local time is ahead of UTC
 */
export function ticksOf({ fromMs, toMs }: TimeRange, zoneMs: number): readonly number[] {
  const stepMs = TICKS_MS.find((ms) => (toMs - fromMs) / ms <= TICKS_MAX) ?? 4 * HOUR_MS
  const first = Math.ceil((fromMs + zoneMs) / stepMs) * stepMs - zoneMs
  return Array.from({ length: Math.floor((toMs - first) / stepMs) + 1 }, (_, index) => first + index * stepMs)
}
