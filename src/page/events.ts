import type { EventReport } from '../history/report.ts'
import { element, replaceChildren } from './element.ts'
import { instant } from './instant.ts'

const LEVELS: Readonly<Record<EventReport['level'], string>> = { info: '', warn: 'Warning', error: 'Error' }

/** What happened last, in words, the newest first. */
export function createEvents(): {
  readonly node: HTMLElement
  show(events: readonly EventReport[], nowMs: number): void
} {
  const list = element('ol', { class: 'events', reversed: '' })
  const heading = element('h2', { id: 'events' }, 'What happened')
  const none = element('p', { hidden: '' }, 'Nothing yet.')
  return {
    node: element('section', { 'aria-labelledby': 'events' }, heading, none, list),
    show: (events, nowMs) => {
      none.hidden = events.length > 0
      replaceChildren(list, ...events.toReversed().map((event) => item(event, nowMs)))
    },
  }
}

function item({ at, level, text, token }: EventReport, nowMs: number): HTMLElement {
  return element(
    'li',
    { 'data-level': level },
    instant(Date.parse(at), nowMs),
    element(
      'span',
      {},
      ...(LEVELS[level] === '' ? [] : [element('strong', {}, `${LEVELS[level]}: `)]),
      text,
      ...(token === null ? [] : [' ', element('code', {}, token)]),
    ),
  )
}
