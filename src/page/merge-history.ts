import {
  DAY_MS,
  EVENTS_KEPT,
  type HistoryReport,
  MINUTES_KEPT,
  type MinutesReport,
} from '../history/report.ts'

/**
 * What is known of the past after one more report, which may be all of it or what is new since the one before: the same as a report of all
 * of it in that moment. Pure.
 */
export function mergeHistory(before: HistoryReport | undefined, next: HistoryReport): HistoryReport {
  // Another start: it was restarted, or its clock was set; then the report is of all.
  if (before === undefined || before.started !== next.started) return next
  if (next.minutes.first > before.minutes.first + minutesOf(before.minutes)) return next
  const dayAgo = new Date(Date.parse(next.until) - DAY_MS).toISOString()
  const since = [before.since, dayAgo].toSorted().at(-1) ?? next.since
  return {
    started: next.started,
    since,
    until: next.until,
    states: mapped(next.states, (states, name) => {
      const all = continued(before.states[name] ?? [], states)
      const inForce = all.findLastIndex(({ at }) => at <= since)
      return all.slice(Math.max(inForce, 0))
    }),
    minutes: mergedMinutes(before.minutes, next.minutes),
    events: continued(before.events, next.events).slice(-EVENTS_KEPT),
  }
}

interface Numbered {
  readonly number: number
}

/** The newer list tells all from its first number on. */
function continued<Item extends Numbered>(before: readonly Item[], next: readonly Item[]): readonly Item[] {
  const first = next[0]?.number ?? Number.POSITIVE_INFINITY
  return [...before.filter(({ number }) => number < first), ...next]
}

function mergedMinutes(before: MinutesReport, next: MinutesReport): MinutesReport {
  const kept = Math.max(0, next.first - before.first)
  const length = kept + minutesOf(next)
  const dropped = Math.max(0, length - MINUTES_KEPT)
  const joined = <Item>(old: readonly Item[] = [], recent: readonly Item[] = []): readonly Item[] =>
    [...old.slice(0, kept), ...recent].slice(dropped)
  const first = Math.min(before.first, next.first) + dropped
  return {
    first,
    from: new Date(Date.parse(next.from) + (first - next.first) * 60_000).toISOString(),
    durations: mapped(next.durations, ({ medianMs, maxMs }, name) => ({
      medianMs: joined(before.durations[name]?.medianMs, medianMs),
      maxMs: joined(before.durations[name]?.maxMs, maxMs),
    })),
    counts: mapped(next.counts, (values, name) => joined(before.counts[name], values)),
    levels: mapped(next.levels, (values, name) => joined(before.levels[name], values)),
  }
}

function minutesOf({ levels, counts, durations }: MinutesReport): number {
  const [values] = [
    ...Object.values(levels),
    ...Object.values(counts),
    ...Object.values(durations).map(({ maxMs }) => maxMs),
  ]
  return values?.length ?? 0
}

function mapped<From, To>(
  record: Readonly<Record<string, From>>,
  of: (value: From, name: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, of(value, name)]))
}
