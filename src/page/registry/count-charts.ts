import type { Value } from '../../history/report.ts'
import { type Chart, createChart } from '../chart/chart.ts'
import { LOOKS } from '../chart/plot.ts'
import { latest, perSecond, rowsOf, samplesOf, sums } from '../chart/samples.ts'
import { number } from '../numbers.ts'
import { DISCOVERY_ANSWERS } from './discovery-answers.ts'

/** How many there were at the end of each minute. */
export function createRegisteredChart(): Chart {
  const labels = ['tokens', 'registrants']
  return createChart({
    title: 'Registered',
    lines: withLooks(labels),
    read: (minutes, range, zoneMs) => {
      const samples = samplesOf(minutes, columnsOf(minutes.levels, labels), range)
      const isKnown = samples.some(({ values }) => values.some(isSome))
      const now = latest(samples)
      const keys = labels.map((label, at) => `${label}: ${now[at] == null ? 'not known' : number(now[at])}`)
      return { keys: isKnown ? keys : [], line: samples, rows: rowsOf(samples, latest, zoneMs) }
    },
    none: 'Nobody was registered.',
    format: short,
    formatCell: number,
  })
}

/** How often a second somebody asked where a token is, by what the answer was. */
export function createDiscoveryRateChart(): Chart {
  const labels = Object.values(DISCOVERY_ANSWERS)
  return createChart({
    title: 'Discoveries a second, by answer',
    lines: withLooks(labels),
    read: (minutes, range, zoneMs) => {
      const samples = samplesOf(minutes, columnsOf(minutes.counts, Object.keys(DISCOVERY_ANSWERS)), range)
      const line = perSecond(samples, range.toMs)
      const all = sums(samples)
      const now = latest(line)
      const keys = labels.map(
        (label, at) => `${label}: ${number(all[at] ?? 0)}, now ${short(now[at] ?? 0)} a second`,
      )
      return { keys: all.some(isSome) ? keys : [], line, rows: rowsOf(samples, sums, zoneMs) }
    },
    none: 'Nobody asked for a token.',
    format: short,
    formatCell: number,
  })
}

function columnsOf(
  lists: Readonly<Record<string, readonly Value[]>>,
  names: readonly string[],
): readonly (readonly Value[])[] {
  return names.map((name) => lists[name] ?? [])
}

function withLooks(labels: readonly string[]) {
  const looks = [LOOKS.solid, LOOKS.dashed, LOOKS.dotted, LOOKS.mixed]
  return labels.flatMap((label, at) => (looks[at] === undefined ? [] : [{ label, ...looks[at] }]))
}

function isSome(value: Value): boolean {
  return value !== null && value > 0
}

/** A number of two digits, as small as it may be. */
function short(value: number): string {
  return value < 10 ? String(Number(value.toPrecision(2))) : number(Math.round(value))
}
