import type { HistoryReport } from '../../history/report.ts'
import { createPlot } from '../chart/plot.ts'
import { element, replaceChildren } from '../element.ts'
import { minuteInstant } from '../instant.ts'
import { number } from '../numbers.ts'
import { dayMinute, zoneMs } from '../time.ts'
import { type Period, rangeOf } from '../time-range.ts'
import { type Numbers, rowsOf, type Sample, samplesOf, sums } from './samples.ts'

/** How the lines look, in this order; `.key-0` and so on in the style are the same. */
const LOOKS = [
  { colour: 'good', dash: [] },
  { colour: 'mixed', dash: [8, 4] },
  { colour: 'bad', dash: [3, 3] },
  { colour: 'text', dash: [12, 3, 2, 3] },
] as const

export interface CountChartOptions {
  readonly title: string
  readonly numbers: Numbers
  /** What each number is called. */
  readonly labels: readonly string[]
  /** What is drawn, of the minutes; default: they themselves. */
  readonly drawn?: (samples: readonly Sample[], nowMs: number) => readonly Sample[]
  /** What stands beside the name of each line. @param drawn what is drawn of them */
  readonly figures: (samples: readonly Sample[], drawn: readonly Sample[]) => readonly string[]
  /** What is said instead of it all where nothing happened. */
  readonly none: string
  readonly format: (value: number) => string
}

/** How often things happened, or how many there were, minute by minute: as lines, in words, and as a table. */
export function createCountChart(options: CountChartOptions): {
  readonly node: HTMLElement
  show(history: HistoryReport, nowMs: number, period: Period): void
} {
  const { title, numbers, labels, drawn = (samples) => samples, figures, format, none } = options
  const keys = element('ul', { class: 'keys' })
  const canvas = element('div', { class: 'plot', role: 'img' })
  const readout = element('p', { class: 'aside readout', 'aria-hidden': 'true' })
  const body = element('tbody')
  const heads = ['From', ...labels].map((name) => element('th', { scope: 'col' }, name))
  const caption = element('caption', { class: 'unseen' }, title)
  const table = element('table', {}, caption, element('thead', {}, element('tr', {}, ...heads)), body)
  const details = element(
    'details',
    {},
    element('summary', {}, `${title} as a table`),
    element(
      'div',
      { class: 'wide', tabindex: '0', role: 'region', 'aria-label': `${title} as a table` },
      table,
    ),
  )
  const node = element(
    'figure',
    { class: 'chart' },
    element('figcaption', {}, element('h3', {}, title), keys),
    canvas,
    readout,
    details,
  )
  const plot = createPlot<Sample>(canvas, {
    lines: LOOKS.slice(0, labels.length).map((look, at) => ({
      ...look,
      of: ({ values }) => values[at] ?? null,
    })),
    format,
    onPointed: (sample) => {
      readout.textContent =
        sample === undefined
          ? ''
          : `${dayMinute(sample.atMs, untilMs)}: ${valueWords(sample, labels, format)}`
    },
  })
  let rows: readonly Sample[] = []
  /** Until when all of it is. */
  let untilMs = 0
  const fill = (): void => {
    if (details.open) replaceChildren(body, ...rows.map((row) => rowNode(row, untilMs)))
  }
  details.addEventListener('toggle', fill)
  return {
    node,
    show: (history, nowMs, period) => {
      untilMs = nowMs
      const span = rangeOf(period, Date.parse(history.since), nowMs)
      const samples = samplesOf(history.minutes, numbers, span)
      const isKnown = sums(samples, labels.length).some((sum) => sum > 0)
      for (const part of [canvas, details]) part.hidden = !isKnown
      if (!isKnown) return replaceChildren(keys, element('li', {}, none))
      const line = drawn(samples, nowMs)
      const words = figures(samples, line)
      const items = labels.map((label, at) =>
        element('li', { class: `key key-${at}` }, `${label}: ${words[at] ?? ''}`),
      )
      replaceChildren(keys, ...items)
      canvas.setAttribute('aria-label', `${title}, as lines over time: ${items.map(textOf).join(', ')}`)
      rows = rowsOf(samples, numbers.kind, zoneMs(nowMs))
      fill()
      plot.show(line, span)
    },
  }
}

function textOf({ textContent }: Node): string {
  return textContent ?? ''
}

function valueWords(
  { values }: Sample,
  labels: readonly string[],
  format: (value: number) => string,
): string {
  const words = values.map((value, line) => `${labels[line]} ${value === null ? 'not known' : format(value)}`)
  return words.join(', ')
}

function rowNode({ atMs, values }: Sample, nowMs: number): HTMLElement {
  const cells = values.map((value) => element('td', {}, value === null ? '' : number(value)))
  return element('tr', {}, element('th', { scope: 'row' }, minuteInstant(atMs, nowMs)), ...cells)
}
