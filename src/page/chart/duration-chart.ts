import type { HistoryReport } from '../../history/report.ts'
import { element, replaceChildren } from '../element.ts'
import { minuteInstant } from '../instant.ts'
import { dayMinute, milliseconds, zoneMs } from '../time.ts'
import { type Period, rangeOf } from '../time-range.ts'
import { type Point, plotted, pointsOf, rowsOf, summary } from './duration-points.ts'
import { createPlot, type Line } from './plot.ts'

const LINES: readonly Line<Point>[] = [
  { colour: 'good', dash: [], of: ({ medianMs }) => medianMs },
  { colour: 'bad', dash: [5, 4], of: ({ maxMs }) => maxMs },
]

/** How long something took, minute by minute: as lines, in a sentence, and as a table. */
export function createDurationChart(
  title: string,
  name: string,
): {
  readonly node: HTMLElement
  show(history: HistoryReport, nowMs: number, period: Period): void
} {
  const words = element('p', { class: 'summary' })
  const canvas = element('div', { class: 'plot', role: 'img' })
  const readout = element('p', { class: 'aside readout', 'aria-hidden': 'true' })
  const body = element('tbody')
  const table = element('table', {}, element('caption', { class: 'unseen' }, title), head(), body)
  const details = element('details', {}, element('summary', {}, `${title} as a table`), table)
  const caption = element('figcaption', {}, element('h3', {}, title), words)
  const node = element('figure', { class: 'chart' }, caption, canvas, readout, details)
  const plot = createPlot(canvas, {
    lines: LINES,
    format: milliseconds,
    onPointed: (point) => {
      readout.textContent = point === undefined ? '' : pointWords(point, untilMs)
    },
  })
  let rows: readonly Point[] = []
  /** Until when all of it is. */
  let untilMs = 0
  const fill = (): void => {
    if (details.open) replaceChildren(body, ...rows.map((each) => row(each, untilMs)))
  }
  details.addEventListener('toggle', fill)
  return {
    node,
    show: (history, nowMs, period) => {
      untilMs = nowMs
      const span = rangeOf(period, Date.parse(history.since), nowMs)
      const points = pointsOf(history.minutes, name, span)
      const all = summary(points)
      const isKnown = all.maxMs !== null
      canvas.hidden = !isKnown
      details.hidden = !isKnown
      replaceChildren(words, ...summaryNodes(all))
      canvas.setAttribute('aria-label', `${title}, as lines over time: ${words.textContent}`)
      const zone = zoneMs(nowMs)
      rows = rowsOf(points, zone)
      fill()
      if (isKnown) plot.show(plotted(points, zone), span)
    },
  }
}

function summaryNodes({ medianMs, maxMs }: Omit<Point, 'atMs'>): readonly (Node | string)[] {
  if (medianMs === null || maxMs === null) return ['not measured yet']
  return [
    element('span', { class: 'line-median' }, `median ${milliseconds(medianMs)}`),
    ', ',
    element('span', { class: 'line-maximum' }, `maximum ${milliseconds(maxMs)}`),
  ]
}

function pointWords({ atMs, medianMs, maxMs }: Point, nowMs: number): string {
  const at = dayMinute(atMs, nowMs)
  if (medianMs === null || maxMs === null) return `${at}: not measured`
  return `${at}: median ${milliseconds(medianMs)}, maximum ${milliseconds(maxMs)}`
}

function head(): HTMLElement {
  const names = ['From', 'Median', 'Maximum'].map((name) => element('th', { scope: 'col' }, name))
  return element('thead', {}, element('tr', {}, ...names))
}

function row({ atMs, medianMs, maxMs }: Point, nowMs: number): HTMLElement {
  const cells = [medianMs, maxMs].map((ms) => element('td', {}, ms === null ? 'none' : milliseconds(ms)))
  return element('tr', {}, element('th', { scope: 'row' }, minuteInstant(atMs, nowMs)), ...cells)
}
