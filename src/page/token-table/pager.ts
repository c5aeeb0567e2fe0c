import { element } from '../element.ts'
import { PAGE_SIZE } from './token-source.ts'

/** Goes through pages of tokens. @param onTurn is told by how many tokens */
export function createPager(onTurn: (by: number) => void): {
  readonly node: HTMLElement
  show(page: { readonly offset: number; readonly shown: number; readonly matching: number }): void
} {
  const previous = element('button', { type: 'button' }, 'Previous')
  const next = element('button', { type: 'button' }, 'Next')
  previous.addEventListener('click', () => onTurn(-PAGE_SIZE))
  next.addEventListener('click', () => onTurn(PAGE_SIZE))
  const node = element('nav', { 'aria-label': 'Pages of tokens', hidden: '' }, previous, next)
  return {
    node,
    show: ({ offset, shown, matching }) => {
      const focused = document.activeElement
      previous.disabled = offset === 0
      next.disabled = offset + shown >= matching
      // Whoever pages by keyboard stays there at both ends.
      if (focused === next && next.disabled) previous.focus()
      if (focused === previous && previous.disabled) next.focus()
      node.hidden = matching <= PAGE_SIZE
    },
  }
}
