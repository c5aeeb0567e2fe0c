import type { MinutesReport, Value } from '../../history/report.ts'
import type { TimeRange } from '../time-range.ts'

const MINUTE_MS = 60_000
/** An hour of minutes. */
const FEW = 61
/** So long nothing may have been measured before that is a gap in a line. */
const SHORT_GAP_MS = 5 * MINUTE_MS

/** Several numbers of one minute, or of several; null: nothing is known, or nothing happened. */
export interface Sample {
  /** When the minute begins, in milliseconds since the epoch. */
  readonly atMs: number
  readonly values: readonly Value[]
}

/** Makes one sample's values of several, which are at least one. */
export type Join = (samples: readonly Sample[]) => readonly Value[]

/** The minutes that a range shows, with a value of each column. */
export function samplesOf(
  { from }: Pick<MinutesReport, 'from'>,
  columns: readonly (readonly Value[])[],
  { fromMs, toMs }: TimeRange,
): readonly Sample[] {
  const firstMs = Date.parse(from)
  const length = Math.max(0, ...columns.map((column) => column.length))
  return Array.from({ length }, (_, index) => ({
    atMs: firstMs + index * MINUTE_MS,
    values: columns.map((column) => column[index] ?? null),
  })).filter(({ atMs }) => atMs > fromMs - MINUTE_MS && atMs <= toMs)
}

/** Of counts: all of each column together. */
export const sums: Join = (samples) =>
  columnsOf(samples).map((values) =>
    values.reduce((sum, value) => (value === null ? sum : value + (sum ?? 0)), null),
  )

/** Of levels: the last one counts. */
export const latest: Join = (samples) => samples.at(-1)?.values ?? []

/** Of durations' median and maximum: the middle one of the medians, and the highest maximum. */
export const medianAndMaximum: Join = (samples) => {
  const [medians = [], maxima = []] = columnsOf(samples).map((values) =>
    values.filter((value) => value !== null).toSorted((one, other) => one - other),
  )
  return [medians[Math.floor((medians.length - 1) / 2)] ?? null, maxima.at(-1) ?? null]
}

function columnsOf(samples: readonly Sample[]): readonly (readonly Value[])[] {
  const names = samples[0]?.values ?? []
  return names.map((_, column) => samples.map(({ values }) => values[column] ?? null))
}

/**
 * Minutes put together in steps of this length, which begin at whole steps of local time.
 *
 * @param zoneMs how far local time is ahead of UTC
 */
function grouped(samples: readonly Sample[], join: Join, stepMs: number, zoneMs: number): readonly Sample[] {
  const groups = new Map<number, Sample[]>()
  for (const sample of samples) {
    const startMs = Math.floor((sample.atMs + zoneMs) / stepMs) * stepMs - zoneMs
    const group = groups.get(startMs)
    if (group === undefined) groups.set(startMs, [sample])
    else group.push(sample)
  }
  return [...groups].map(([atMs, group]) => ({ atMs, values: join(group) }))
}

/** For whoever reads and does not look: the minutes in steps of five, or of an hour where there are many. */
export function rowsOf(samples: readonly Sample[], join: Join, zoneMs: number): readonly Sample[] {
  return grouped(samples, join, samples.length <= FEW ? 5 * MINUTE_MS : 60 * MINUTE_MS, zoneMs)
}

/** For lines of durations: each minute, or five at a time where there are more minutes than dots on a screen. */
export function plotted(samples: readonly Sample[], zoneMs: number): readonly Sample[] {
  return withoutShortGaps(
    samples.length <= 6 * FEW ? samples : grouped(samples, medianAndMaximum, 5 * MINUTE_MS, zoneMs),
  )
}

/** What is not measured each minute is a line all the same, and not a heap of dots. */
function withoutShortGaps(samples: readonly Sample[]): readonly Sample[] {
  const isMeasured = ({ values }: Sample): boolean => values.some((value) => value !== null)
  const measured = samples.filter(isMeasured)
  let passed = 0
  return samples.filter((sample) => {
    if (isMeasured(sample)) {
      passed += 1
      return true
    }
    const before = measured[passed - 1]
    const after = measured[passed]
    return before === undefined || after === undefined || after.atMs - before.atMs > SHORT_GAP_MS
  })
}

/** How often a second, of what is counted by the minute: the minute that is not over has had less time. */
export function perSecond(samples: readonly Sample[], nowMs: number): readonly Sample[] {
  return samples.map(({ atMs, values }) => {
    const seconds = Math.min(60, Math.max(1, (nowMs - atMs) / 1000))
    return { atMs, values: values.map((value) => (value === null ? null : value / seconds)) }
  })
}

/** Which points stand alone: of them no line is drawn. */
export function lonely(values: readonly (Value | undefined)[]): number[] {
  return values.flatMap((value, index) => {
    const isAlone = value != null && values[index - 1] == null && values[index + 1] == null
    return isAlone ? [index] : []
  })
}
