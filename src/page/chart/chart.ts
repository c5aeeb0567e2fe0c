import type { HistoryReport, MinutesReport } from '../../history/report.ts'
import { element, replaceChildren, setText } from '../element.ts'
import { dayMinute, zoneMs } from '../time.ts'
import { type Period, rangeOf, type TimeRange } from '../time-range.ts'
import { createPlot, type Look } from './plot.ts'
import { createSampleTable } from './sample-table.ts'
import type { Sample } from './samples.ts'

/** The minutes of a range, made ready. */
export interface Reading {
  /** What stands beside each line; empty where there is nothing to draw. */
  readonly keys: readonly string[]
  readonly line: readonly Sample[]
  /** For the table. */
  readonly rows: readonly Sample[]
}

export interface ChartOptions {
  readonly title: string
  /** What each line is called, and how it looks. */
  readonly lines: readonly (Look & { readonly label: string })[]
  readonly read: (minutes: MinutesReport, range: TimeRange, zoneMs: number) => Reading
  /** What is said instead of it all where there is nothing to draw. */
  readonly none: string
  /** How a value is written, beside the plot and where it is pointed at. */
  readonly format: (value: number) => string
  /** How a value is written in the table. Default: as elsewhere. */
  readonly formatCell?: (value: number) => string
}

/** Something that changed over time. */
export interface Chart {
  readonly node: HTMLElement
  show(history: HistoryReport, nowMs: number, period: Period): void
}

/** Numbers minute by minute: as lines, in words, and as a table. */
export function createChart(options: ChartOptions): Chart {
  const { title, lines, read, none, format, formatCell = format } = options
  const keys = element('ul', { class: 'keys' })
  const canvas = element('div', { class: 'plot', role: 'img' })
  const readout = element('p', { class: 'aside readout', 'aria-hidden': 'true' })
  const table = createSampleTable(
    title,
    lines.map(({ label }) => label),
    formatCell,
  )
  const caption = element('figcaption', {}, element('h3', {}, title), keys)
  const node = element('figure', { class: 'chart' }, caption, canvas, readout, table.node)
  /** Until when all of it is. */
  let untilMs = 0
  const plot = createPlot(canvas, {
    looks: lines,
    format,
    onPointed: (sample) =>
      setText(readout, sample === undefined ? '' : sampleWords(sample, options, untilMs)),
  })
  return {
    node,
    show: (history, nowMs, period) => {
      untilMs = nowMs
      const range = rangeOf(period, Date.parse(history.since), nowMs)
      const { keys: words, line, rows } = read(history.minutes, range, zoneMs(nowMs))
      const isKnown = words.length > 0
      for (const part of [canvas, table.node]) part.hidden = !isKnown
      if (!isKnown) return replaceChildren(keys, element('li', {}, none))
      replaceChildren(
        keys,
        ...words.map((text, at) => element('li', { class: `key key-${lines[at]?.name}` }, text)),
      )
      canvas.setAttribute('aria-label', `${title}, as lines over time: ${words.join(', ')}`)
      table.show(rows, nowMs)
      plot.show(line, range)
    },
  }
}

function sampleWords({ atMs, values }: Sample, { lines, format }: ChartOptions, nowMs: number): string {
  const at = dayMinute(atMs, nowMs)
  if (values.every((value) => value === null)) return `${at}: not measured`
  const words = values.map(
    (value, line) => `${lines[line]?.label} ${value === null ? 'not known' : format(value)}`,
  )
  return `${at}: ${words.join(', ')}`
}
