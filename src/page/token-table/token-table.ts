import { element, setText } from '../element.ts'
import { createFilter } from './filter.ts'
import { createPager } from './pager.ts'
import { CountReadOut, countWords } from './token-count.ts'
import { createTokenRows, type TokenRowsOptions } from './token-rows.ts'
import { PAGE_SIZE, type TokenPage, TokenSource } from './token-source.ts'

export interface TokenTable<Token> {
  readonly node: HTMLElement
  /** To be called with every update. @param first the tokens that came with the update, and how many there are */
  show(first: TokenPage<Token>, nowMs: number): void
}

/** How often the table is read again while things change, in milliseconds. */
const REFRESH_MS = 2000

/** The tokens, paged and filtered by the server: ten thousand are a hundred at a time. */
export function createTokenTable<Token>(options: TokenRowsOptions<Token>): TokenTable<Token> {
  const source = new TokenSource<Token>()
  const rows = createTokenRows(options)
  const count = element('p', { class: 'aside' })
  const live = element('p', { role: 'status', class: 'unseen' })
  const readOut = new CountReadOut()
  let offset = 0
  let nowMs = 0
  let askedMs = Number.NEGATIVE_INFINITY
  let refreshing: number | undefined

  const draw = ({ tokens, matching }: TokenPage<Token>): void => {
    rows.show(tokens, nowMs)
    const page = { offset, shown: tokens.length, matching, text: filter.text() }
    setText(count, countWords(page))
    setText(live, readOut.said(countWords(page)))
    pager.show(page)
    node.dataset.many = String(tokens.length === PAGE_SIZE)
    filter.node.hidden = matching <= 1 && page.text === ''
  }
  const ask = async (): Promise<void> => {
    askedMs = performance.now()
    const page = await source.ask({ offset, text: filter.text() })
    if (page === undefined) return
    if (page.tokens.length > 0 || offset === 0) return draw(page)
    // There are fewer of them by now.
    offset = 0
    void ask()
  }
  const filter = createFilter({
    onType: () => {
      source.cancel()
      rows.markBusy()
    },
    onTyped: () => {
      offset = 0
      readOut.ask()
      void ask()
    },
  })
  const pager = createPager((by) => {
    offset = Math.max(0, offset + by)
    readOut.ask()
    void ask().then(() => rows.node.scrollIntoView({ block: 'nearest' }))
  })
  const parts = [filter.node, count, live, rows.node, pager.node]
  const heading = element('h2', { id: 'tokens' }, 'Tokens')
  const node = element('section', { 'aria-labelledby': 'tokens', class: 'tokens' }, heading, ...parts)
  /** What changes shortly after a look is seen by the next one. */
  const refresh = (): void => {
    if (refreshing !== undefined) return
    refreshing = setTimeout(
      () => {
        refreshing = undefined
        if (!filter.isTyping() && !document.hidden) void ask()
      },
      Math.max(0, askedMs + REFRESH_MS - performance.now()),
    )
  }
  return {
    node,
    show: (first, atMs) => {
      nowMs = atMs
      // A single token comes with every update.
      if (filter.text() !== '' || first.matching > first.tokens.length) return refresh()
      offset = 0
      draw(first)
    },
  }
}
