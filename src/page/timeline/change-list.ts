import type { HistoryReport } from '../../history/report.ts'
import { element, replaceChildren } from '../element.ts'
import type { TimeRange } from '../time-range.ts'
import { type Band, told } from './band.ts'
import { segmentsOf } from './segments.ts'

/** The timeline in words, the newest first, for whoever reads and does not look. Made only while it is open. */
export function createChangeList(bands: readonly Band[]): {
  readonly node: HTMLElement
  show(history: HistoryReport, range: TimeRange): void
} {
  const list = element('ol', { class: 'changes', reversed: '' })
  const node = element('details', {}, element('summary', {}, 'All of it as a list'), list)
  let last: readonly [HistoryReport, TimeRange] | undefined
  const fill = (): void => {
    if (node.open && last !== undefined) replaceChildren(list, ...itemsOf(bands, ...last))
  }
  node.addEventListener('toggle', fill)
  return {
    node,
    show: (history, range) => {
      last = [history, range]
      fill()
    },
  }
}

function itemsOf(bands: readonly Band[], history: HistoryReport, range: TimeRange): readonly HTMLElement[] {
  return bands
    .flatMap((band) =>
      segmentsOf(history.states[band.name] ?? [], range).map((segment) => ({ band, segment })),
    )
    .toSorted((one, other) => other.segment.fromMs - one.segment.fromMs)
    .map(({ band, segment }) => element('li', {}, ...told(band, segment, range.toMs)))
}
