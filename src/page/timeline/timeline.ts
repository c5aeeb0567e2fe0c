import type { HistoryReport } from '../../history/report.ts'
import { element, replaceChildren } from '../element.ts'
import { instant } from '../instant.ts'
import { clockMinute, zoneMs } from '../time.ts'
import { type Period, rangeOf, type TimeRange, ticksOf } from '../time-range.ts'
import { SIGNS, type Tone } from '../tone.ts'
import type { Band } from './band.ts'
import { createBandRow } from './band-row.ts'
import { createChangeList } from './change-list.ts'

const HINT = 'Point at a stretch, or go to it by Tab and the arrow keys, to read when it was and why.'

/** What colours and patterns mean, with the signs that stand in the bands. */
const LEGEND: readonly (readonly [tone: Tone, words: string])[] = [
  ['good', 'well'],
  ['mixed', 'partly so, or up and down'],
  ['bad', 'in trouble'],
  ['unknown', 'not known'],
]

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
    node: element('div', { class: 'timeline' }, legend(), ...bandNodes, axis, detail.node, before, list.node),
    show: (history, nowMs, period) => {
      const sinceMs = Date.parse(history.since)
      const range = rangeOf(period, sinceMs, nowMs)
      for (const part of [...rows, list]) part.show(history, range)
      axis.replaceChildren(...ticksOf(range, zoneMs(nowMs)).flatMap((atMs) => tick(atMs, range)))
      before.hidden = sinceMs <= range.fromMs
      replaceChildren(before, 'Nothing is known from before ', instant(sinceMs, nowMs), '.')
    },
  }
}

function legend(): HTMLElement {
  const items = LEGEND.map(([tone, words]) =>
    element(
      'li',
      {},
      element('span', { class: 'swatch', 'data-tone': tone, 'aria-hidden': 'true' }, SIGNS[tone]),
      words,
    ),
  )
  return element('ul', { class: 'legend aside', 'aria-label': 'What the bands show' }, ...items)
}

/** None at the very ends, where there is no room for it. */
function tick(atMs: number, { fromMs, toMs }: TimeRange): readonly HTMLElement[] {
  const left = ((atMs - fromMs) / (toMs - fromMs)) * 100
  if (left < 4 || left > 96) return []
  const mark = element('span', {}, clockMinute(atMs))
  mark.style.left = `${left}%`
  return [mark]
}
