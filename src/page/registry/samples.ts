import type { MinutesReport, Value } from '../../history/report.ts'
import type { TimeRange } from '../time-range.ts'

const MINUTE_MS = 60_000
/** As many minutes have a row of the table for each five; more have one for each hour. */
const FEW = 61

/** Several numbers of one minute, or of several; null: nothing is known. */
export interface Sample {
  /** When the minute begins, in milliseconds since the epoch. */
  readonly atMs: number
  readonly values: readonly Value[]
}

/** Of which numbers a chart is: how often things happened, or how many there were. */
export interface Numbers {
  readonly kind: 'counts' | 'levels'
  readonly names: readonly string[]
}

/** The minutes that a span shows. */
export function samplesOf(
  minutes: MinutesReport,
  { kind, names }: Numbers,
  { fromMs, toMs }: TimeRange,
): readonly Sample[] {
  const firstMs = Date.parse(minutes.from)
  const columns = names.map((name) => minutes[kind][name] ?? [])
  const length = Math.max(0, ...columns.map((column) => column.length))
  return Array.from({ length }, (_, index) => ({
    atMs: firstMs + index * MINUTE_MS,
    values: columns.map((column) => column[index] ?? null),
  })).filter(({ atMs }) => atMs > fromMs - MINUTE_MS && atMs <= toMs)
}

/** How often a second, of what is counted by the minute: the minute that is not over has had less time. */
export function perSecond(samples: readonly Sample[], nowMs: number): readonly Sample[] {
  return samples.map(({ atMs, values }) => {
    const seconds = Math.min(60, Math.max(1, (nowMs - atMs) / 1000))
    return { atMs, values: values.map((value) => (value === null ? null : value / seconds)) }
  })
}

/** All of each column together. */
export function sums(samples: readonly Sample[], columns: number): readonly number[] {
  return Array.from({ length: columns }, (_, column) =>
    samples.reduce((sum, { values }) => sum + (values[column] ?? 0), 0),
  )
}

/**
 * In few rows, for whoever reads and does not look: counts are added up, and of levels the last one counts.
 *
 * @param zoneMs how far local time is ahead of UTC: rows begin at whole steps of it
 */
export function rowsOf(samples: readonly Sample[], kind: Numbers['kind'], zoneMs: number): readonly Sample[] {
  const stepMs = (samples.length <= FEW ? 5 : 60) * MINUTE_MS
  const rows = new Map<number, Sample>()
  for (const { atMs, values } of samples) {
    const startMs = Math.floor((atMs + zoneMs) / stepMs) * stepMs - zoneMs
    const before = kind === 'counts' ? rows.get(startMs) : undefined
    const joined = values.map((value, column) => added(value, before?.values[column] ?? null))
    rows.set(startMs, { atMs: startMs, values: joined })
  }
  return [...rows.values()]
}

function added(one: Value, other: Value): Value {
  return one === null ? other : one + (other ?? 0)
}
