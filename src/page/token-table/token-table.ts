import { element, replaceChildren } from '../element.ts'
import { CountReadOut, countWords } from './token-count.ts'
import { PAGE_SIZE, type TokenPage, TokenSource } from './token-source.ts'

export interface TokenTableOptions<Token> {
  readonly heading: string
  readonly columns: readonly string[]
  /** What stands in each column. */
  readonly cells: (token: Token, nowMs: number) => readonly (Node | string)[]
  /** Whether something is wrong with it. */
  readonly isInTrouble: (token: Token) => boolean
}

export interface TokenTable<Token> {
  readonly node: HTMLElement
  /** To be called with every update. @param first the tokens that came with the update, and how many there are */
  show(first: TokenPage<Token>, nowMs: number): void
}

/** How long nothing is typed before the filter is looked up, in milliseconds. */
const TYPING_MS = 250
/** How often the list is read again while things change, in milliseconds. */
const REFRESH_MS = 2000

/** The tokens, paged and filtered by the server: ten thousand are a hundred at a time. */
export function createTokenTable<Token>(options: TokenTableOptions<Token>): TokenTable<Token> {
  const { heading, columns } = options
  const source = new TokenSource<Token>()
  const filter = element('input', { type: 'search', id: 'filter', autocomplete: 'off', spellcheck: 'false' })
  const count = element('p', { class: 'aside' })
  const live = element('p', { role: 'status', class: 'unseen' })
  const readOut = new CountReadOut()
  const body = element('tbody', { role: 'rowgroup' })
  const previous = element('button', { type: 'button' }, 'Previous')
  const next = element('button', { type: 'button' }, 'Next')
  const pages = element('nav', { 'aria-label': 'Pages of tokens', hidden: '' }, previous, next)
  const head = element('tr', { role: 'row' }, ...columns.map(headCell))
  const table = element(
    'table',
    { role: 'table', 'aria-labelledby': 'tokens' },
    element('thead', { role: 'rowgroup' }, head),
    body,
  )
  const search = element('label', { class: 'search', for: 'filter', hidden: '' }, 'Filter ', filter)
  const node = element(
    'section',
    { 'aria-labelledby': 'tokens', class: 'tokens' },
    element('h2', { id: 'tokens' }, heading),
    search,
    count,
    live,
    table,
    pages,
  )
  let offset = 0
  let nowMs = 0
  let askedMs = Number.NEGATIVE_INFINITY
  let typing: number | undefined
  let refreshing: number | undefined

  const draw = ({ tokens, matching }: TokenPage<Token>): void => {
    body.setAttribute('aria-busy', 'false')
    tokens.forEach((token, index) => {
      const row = body.rows[index] ?? body.appendChild(element('tr', { role: 'row' }))
      row.dataset.trouble = String(options.isInTrouble(token))
      replaceChildren(
        row,
        ...options.cells(token, nowMs).map((cell, at) => bodyCell(cell, columns[at] ?? '')),
      )
    })
    while (body.rows.length > tokens.length) body.deleteRow(-1)
    const words = countWords({ offset, shown: tokens.length, matching, text: filter.value })
    if (count.textContent !== words) count.textContent = words
    const said = readOut.said(words)
    if (live.textContent !== said) live.textContent = said
    const focused = document.activeElement
    previous.disabled = offset === 0
    next.disabled = offset + tokens.length >= matching
    // Whoever pages by keyboard stays there at both ends.
    if (focused === next && next.disabled) previous.focus()
    if (focused === previous && previous.disabled) next.focus()
    pages.hidden = matching <= PAGE_SIZE
    node.dataset.many = String(tokens.length === PAGE_SIZE)
    search.hidden = matching <= 1 && filter.value === ''
  }
  const ask = async (): Promise<void> => {
    askedMs = performance.now()
    const page = await source.ask({ offset, text: filter.value })
    if (page === undefined) return
    if (page.tokens.length > 0 || offset === 0) return draw(page)
    // There are fewer of them by now.
    offset = 0
    void ask()
  }
  const turn = (by: number): void => {
    offset = Math.max(0, offset + by)
    readOut.ask()
    void ask().then(() => table.scrollIntoView({ block: 'nearest' }))
  }
  previous.addEventListener('click', () => turn(-PAGE_SIZE))
  next.addEventListener('click', () => turn(PAGE_SIZE))
  filter.addEventListener('input', () => {
    clearTimeout(typing)
    source.cancel()
    body.setAttribute('aria-busy', 'true')
    typing = setTimeout(() => {
      typing = undefined
      offset = 0
      readOut.ask()
      void ask()
    }, TYPING_MS)
  })
  return {
    node,
    show: (first, atMs) => {
      nowMs = atMs
      // A single token comes with every update.
      if (filter.value === '' && first.matching <= first.tokens.length) {
        offset = 0
        return draw(first)
      }
      // What changes shortly after a look is seen by the next one.
      if (refreshing !== undefined) return
      refreshing = setTimeout(
        () => {
          refreshing = undefined
          if (typing === undefined && !document.hidden) void ask()
        },
        Math.max(0, askedMs + REFRESH_MS - performance.now()),
      )
    },
  }
}

function headCell(text: string): HTMLElement {
  return element('th', { role: 'columnheader', scope: 'col' }, text)
}

function bodyCell(content: Node | string, column: string): HTMLElement {
  return element('td', { role: 'cell', 'data-column': column }, content)
}
