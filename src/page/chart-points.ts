import type { MinutesReport, Value } from '../history/report.ts'
import type { Span } from './period.ts'

const MINUTE_MS = 60_000

/** How long something took in one minute, or in several; null: it did not happen. */
export interface Point {
  /** When the minute begins, in milliseconds since the epoch. */
  readonly atMs: number
  readonly medianMs: Value
  readonly maxMs: Value
}

/** The minutes that a span shows, of the durations of this name. */
export function pointsOf(minutes: MinutesReport, name: string, { fromMs, toMs }: Span): readonly Point[] {
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

/** Minutes summed up in a few rows, for whoever reads and does not look: five minutes each, or an hour, in local time. */
export function rowsOf(points: readonly Point[], zoneMs: number): readonly Point[] {
  const stepMs = points.length <= 61 ? 5 * MINUTE_MS : 60 * MINUTE_MS
  const groups = new Map<number, Point[]>()
  for (const point of points) {
    const startMs = Math.floor((point.atMs + zoneMs) / stepMs) * stepMs - zoneMs
    const group = groups.get(startMs)
    if (group === undefined) groups.set(startMs, [point])
    else group.push(point)
  }
  return [...groups].map(([atMs, group]) => ({ atMs, ...summary(group) }))
}
