import { element, replaceChildren } from './element.ts'
import { instant } from './instant.ts'
import { number } from './numbers.ts'
import type { Problem } from './problem.ts'
import { inLowerCase } from './short-reason.ts'

/** What is wrong and what to do about it; nothing at all while nothing is. */
export function createProblems(): {
  readonly node: HTMLElement
  /** @param first the code of what matters most, if there is one */
  show(problems: readonly Problem[], nowMs: number, first?: string | null): void
} {
  const list = element('ul', { class: 'problems' })
  const heading = element('h2', { id: 'problems' }, 'What is wrong, and what to do')
  const node = element('section', { 'aria-labelledby': 'problems', hidden: '' }, heading, list)
  return {
    node,
    show: (problems, nowMs, first) => {
      node.hidden = problems.length === 0
      replaceChildren(list, ...inOrder(problems, first).map((problem) => item(problem, nowMs)))
    },
  }
}

function inOrder(problems: readonly Problem[], first: string | null | undefined): readonly Problem[] {
  return problems.toSorted((one, other) => Number(other.code === first) - Number(one.code === first))
}

function item({ code, message, remedy, since, tokens }: Problem, nowMs: number): HTMLElement {
  const { count, ids } = tokens
  const more = count > ids.length ? ` and ${number(count - ids.length)} more` : ''
  const about = count === 0 ? [] : [`, ${count === 1 ? 'token' : 'tokens'} `, ...names(ids), more]
  return element(
    'li',
    {},
    element('p', { class: 'what' }, capital(inLowerCase(message))),
    element('p', { class: 'remedy' }, element('strong', {}, 'To do: '), remedy),
    element(
      'p',
      { class: 'aside' },
      'since ',
      instant(Date.parse(since), nowMs),
      ...about,
      ' · ',
      element('code', {}, code),
    ),
  )
}

function names(ids: readonly string[]): readonly (HTMLElement | string)[] {
  return ids.flatMap((id, index) => [...(index === 0 ? [] : [', ']), element('code', {}, id)])
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
