import { element, replaceChildren } from '../element.ts'
import { minuteInstant } from '../instant.ts'
import type { Sample } from './samples.ts'

/** The numbers of a chart as a table, for whoever reads and does not look. Made only while it is open. */
export function createSampleTable(
  title: string,
  labels: readonly string[],
  format: (value: number) => string,
): { readonly node: HTMLElement; show(samples: readonly Sample[], nowMs: number): void } {
  const name = `${title} as a table`
  const heads = ['From', ...labels].map((label) => element('th', { scope: 'col' }, label))
  const body = element('tbody')
  const table = element(
    'table',
    {},
    element('caption', { class: 'unseen' }, title),
    element('thead', {}, element('tr', {}, ...heads)),
    body,
  )
  const wide = element('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': name }, table)
  const node = element('details', {}, element('summary', {}, name), wide)
  let last: readonly [readonly Sample[], nowMs: number] = [[], 0]
  const fill = (): void => {
    const [samples, nowMs] = last
    if (node.open) replaceChildren(body, ...samples.map((sample) => row(sample, format, nowMs)))
  }
  node.addEventListener('toggle', fill)
  return {
    node,
    show: (samples, nowMs) => {
      last = [samples, nowMs]
      fill()
    },
  }
}

function row({ atMs, values }: Sample, format: (value: number) => string, nowMs: number): HTMLElement {
  const cells = values.map((value) => element('td', {}, value === null ? 'none' : format(value)))
  return element('tr', {}, element('th', { scope: 'row' }, minuteInstant(atMs, nowMs)), ...cells)
}
