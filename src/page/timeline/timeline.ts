import type { HistoryReport } from '../../history/report.ts'
import { element, replaceChildren } from '../element.ts'
import { instant } from '../instant.ts'
import { clockMinute, zoneMs } from '../time.ts'
import { type Period, rangeOf, type TimeRange, ticksOf } from '../time-range.ts'
import type { Band } from './band.ts'
import { createBandRow } from './band-row.ts'
import { createChangeList } from './change-list.ts'

const HINT = 'Point at a stretch, or go to it by Tab and the arrow keys, to read when it was and why.'

/** Bands of the states that things went through; what is pointed at or focused is told below; and all of it as a list. */
export function createTimeline(bands: readonly Band[]): {
  readonly node: HTMLElement
  show(history: HistoryReport, nowMs: number, period: Period): void
} {
  const detail = { node: element('p', { class: 'detail' }, HINT), of: undefined }
  const axis = element('div', { class: 'axis', 'aria-hidden': 'true' })
  const before = element('p', { class: 'aside' })
  const rows = bands.map((band) => createBandRow(band, detail))
  const list = createChangeList(bands)
  const bandNodes = rows.map(({ node }) => node)
  return {
    node: element('div', { class: 'timeline' }, ...bandNodes, axis, detail.node, before, list.node),
    show: (history, nowMs, period) => {
      const sinceMs = Date.parse(history.since)
      const span = rangeOf(period, sinceMs, nowMs)
      for (const part of [...rows, list]) part.show(history, span)
      axis.replaceChildren(...ticksOf(span, zoneMs(nowMs)).flatMap((atMs) => tick(atMs, span)))
      before.hidden = sinceMs <= span.fromMs
      replaceChildren(before, 'Nothing is known from before ', instant(sinceMs, nowMs), '.')
    },
  }
}

/** None at the very ends, where there is no room for it. */
function tick(atMs: number, { fromMs, toMs }: TimeRange): readonly HTMLElement[] {
  const left = ((atMs - fromMs) / (toMs - fromMs)) * 100
  if (left < 4 || left > 96) return []
  const mark = element('span', {}, clockMinute(atMs))
  mark.style.left = `${left}%`
  return [mark]
}
