import type { HistoryReport } from '../history/report.ts'
import { element, replaceChildren } from './element.ts'
import type { Span } from './period.ts'
import { segmentsOf } from './segments.ts'
import { type Band, causeOf, meaningOf, timesOf } from './stretch.ts'

/** The timeline as a table, for whoever reads and does not look: the newest first. Made only while it is open. */
export function createChangeList(bands: readonly Band[]): {
  readonly node: HTMLElement
  show(history: HistoryReport, span: Span): void
} {
  const body = element('tbody')
  const names = ['What', 'When', 'Why'].map((name) => element('th', { scope: 'col' }, name))
  const table = element('table', {}, element('thead', {}, element('tr', {}, ...names)), body)
  const node = element('details', {}, element('summary', {}, 'All of it as a table'), table)
  let last: readonly [HistoryReport, Span] | undefined
  const fill = (): void => {
    if (node.open && last !== undefined) replaceChildren(body, ...rowsOf(bands, ...last))
  }
  node.addEventListener('toggle', fill)
  return {
    node,
    show: (history, span) => {
      last = [history, span]
      fill()
    },
  }
}

function rowsOf(bands: readonly Band[], history: HistoryReport, span: Span): readonly HTMLElement[] {
  return bands
    .flatMap((band) =>
      segmentsOf(history.states[band.name] ?? [], span).map((segment) => ({ band, segment })),
    )
    .toSorted((one, other) => other.segment.fromMs - one.segment.fromMs)
    .map(({ band, segment }) =>
      element(
        'tr',
        {},
        element('th', { scope: 'row' }, `${band.label}: ${meaningOf(band, segment).words}`),
        element('td', {}, ...timesOf(segment, span.toMs)),
        element('td', {}, ...causeOf(segment)),
      ),
    )
}
