import { element } from '../element.ts'

/** How long nothing is typed before the filter is looked up, in milliseconds. */
const TYPING_MS = 250

export interface Filter {
  readonly node: HTMLElement
  text(): string
  /** Whether somebody types. */
  isTyping(): boolean
}

/** Where a text is typed that tokens are looked for by. */
export function createFilter(options: {
  /** At each letter. */
  readonly onType: () => void
  /** When a text has been typed. */
  readonly onTyped: () => void
}): Filter {
  const input = element('input', { type: 'search', id: 'filter', autocomplete: 'off', spellcheck: 'false' })
  let typing: number | undefined
  input.addEventListener('input', () => {
    clearTimeout(typing)
    options.onType()
    typing = setTimeout(() => {
      typing = undefined
      options.onTyped()
    }, TYPING_MS)
  })
  return {
    node: element('label', { class: 'search', for: 'filter', hidden: '' }, 'Filter ', input),
    text: () => input.value,
    isTyping: () => typing !== undefined,
  }
}
