import type { MinutesReport, Value } from '../../history/report.ts'
import type { TimeRange } from '../time-range.ts'

const MINUTE_MS = 60_000
/** An hour of minutes. */
const FEW = 61
/** So long nothing may have been measured before that is a gap in a line. */
const SHORT_GAP_MS = 5 * MINUTE_MS

/** How long something took in one minute, or in several; null: it did not happen. */
export interface Point {
  /** When the minute begins, in milliseconds since the epoch. */
  readonly atMs: number
  readonly medianMs: Value
  readonly maxMs: Value
}

/** The minutes that a span shows, of the durations of this name. */
export function pointsOf(
  minutes: MinutesReport,
  name: string,
  { fromMs, toMs }: TimeRange,
): readonly Point[] {
  const { medianMs = [], maxMs = [] } = minutes.durations[name] ?? {}
  const firstMs = Date.parse(minutes.from)
  return medianMs
    .map((median, index) => ({
      atMs: firstMs + index * MINUTE_MS,
      medianMs: median,
      maxMs: maxMs[index] ?? null,
    }))
    .filter(({ atMs }) => atMs > fromMs - MINUTE_MS && atMs <= toMs)
}

/** Several minutes as one: the middle one of their medians, and the highest maximum. */
export function summary(points: readonly Point[]): Omit<Point, 'atMs'> {
  const medians = points.flatMap(({ medianMs }) => medianMs ?? []).toSorted((one, other) => one - other)
  const maxima = points.flatMap(({ maxMs }) => maxMs ?? [])
  return {
    medianMs: medians[Math.floor((medians.length - 1) / 2)] ?? null,
    maxMs: maxima.length === 0 ? null : Math.max(...maxima),
  }
}

/**
 * Minutes summed up in steps of this length, which begin at whole steps of local time.
 *
 * @param zoneMs how far local time is ahead of UTC
 */
export function grouped(points: readonly Point[], stepMs: number, zoneMs: number): readonly Point[] {
  const groups = new Map<number, Point[]>()
  for (const point of points) {
    const startMs = Math.floor((point.atMs + zoneMs) / stepMs) * stepMs - zoneMs
    const group = groups.get(startMs)
    if (group === undefined) groups.set(startMs, [point])
    else group.push(point)
  }
  return [...groups].map(([atMs, group]) => ({ atMs, ...summary(group) }))
}

/** For whoever reads and does not look: the minutes in steps of five, or of an hour where there are many. */
export function rowsOf(points: readonly Point[], zoneMs: number): readonly Point[] {
  return grouped(points, points.length <= FEW ? 5 * MINUTE_MS : 60 * MINUTE_MS, zoneMs)
}

/** For the lines: each minute, or five at a time where there are more minutes than dots on a screen. */
export function plotted(points: readonly Point[], zoneMs: number): readonly Point[] {
  const stepped = points.length <= 6 * FEW ? points : grouped(points, 5 * MINUTE_MS, zoneMs)
  return withoutShortGaps(stepped)
}

/** What is not measured each minute is a line all the same, and not a heap of dots. */
function withoutShortGaps(points: readonly Point[]): readonly Point[] {
  const measured = points.filter(({ maxMs }) => maxMs !== null)
  let passed = 0
  return points.filter(({ maxMs }) => {
    if (maxMs !== null) {
      passed += 1
      return true
    }
    const before = measured[passed - 1]
    const after = measured[passed]
    return before === undefined || after === undefined || after.atMs - before.atMs > SHORT_GAP_MS
  })
}

/** Which points stand alone: of them no line is drawn. */
export function lonely(values: readonly (Value | undefined)[]): number[] {
  return values.flatMap((value, index) => {
    const isAlone = value != null && values[index - 1] == null && values[index + 1] == null
    return isAlone ? [index] : []
  })
}
