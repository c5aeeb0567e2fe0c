import { element, replaceChildren } from './element.ts'

/** A term, and what is so of it. */
export type Fact = readonly [term: string, content: readonly (Node | string)[]]

/** What is so, as a list of terms. */
export function createFacts(title: string): {
  readonly node: HTMLElement
  show(facts: readonly Fact[]): void
} {
  const list = element('dl', { class: 'facts' })
  return {
    node: element('section', { 'aria-labelledby': 'facts' }, element('h2', { id: 'facts' }, title), list),
    show: (facts) => {
      const rows = facts.flatMap(([term, content]) => [
        element('dt', {}, term),
        element('dd', {}, ...content),
      ])
      replaceChildren(list, ...rows)
    },
  }
}
