import type { HistoryReport } from '../../history/report.ts'
import { element, replaceChildren } from '../element.ts'
import { minuteInstant } from '../instant.ts'
import { counted } from '../numbers.ts'
import { type Period, rangeOf } from '../time-range.ts'
import { type Refusal, refusalsOf } from './refusals.ts'

/** Who was refused, by reason, and what to do about it. */
export function createRefusals(): {
  readonly node: HTMLElement
  show(history: HistoryReport, nowMs: number, period: Period): void
} {
  const list = element('ul', { class: 'refusals' })
  const none = element('p', {})
  const heading = element('h3', { id: 'refusals' }, 'Refused')
  return {
    node: element('section', { class: 'refused', 'aria-labelledby': 'refusals' }, heading, none, list),
    show: (history, nowMs, period) => {
      const refusals = refusalsOf(history.minutes, rangeOf(period, Date.parse(history.since), nowMs))
      const words = refusals.length === 0 ? 'No registrant was refused.' : ''
      if (none.textContent !== words) none.textContent = words
      none.hidden = words === ''
      replaceChildren(list, ...refusals.map((refusal) => item(refusal, nowMs)))
    },
  }
}

function item({ count, why, remedy, lastMs }: Refusal, nowMs: number): HTMLElement {
  return element(
    'li',
    {},
    element('p', {}, element('strong', {}, counted(count, 'registrant')), `: ${why}`),
    element('p', { class: 'remedy' }, element('strong', {}, 'To do: '), remedy),
    element('p', { class: 'aside' }, 'the last one at ', minuteInstant(lastMs, nowMs)),
  )
}
