import { element, replaceChildren } from '../element.ts'

export interface TokenRowsOptions<Token> {
  readonly columns: readonly string[]
  /** What stands in each column. */
  readonly cells: (token: Token, nowMs: number) => readonly (Node | string)[]
  /** Whether something is wrong with it. */
  readonly isInTrouble: (token: Token) => boolean
}

/** A row for each token. The roles are written down: a style that makes blocks of rows takes them away. */
export function createTokenRows<Token>({ columns, cells, isInTrouble }: TokenRowsOptions<Token>): {
  readonly node: HTMLElement
  show(tokens: readonly Token[], nowMs: number): void
  /** Others have been asked for. */
  markBusy(): void
} {
  const body = element('tbody', { role: 'rowgroup' })
  const heads = columns.map((name) => element('th', { role: 'columnheader', scope: 'col' }, name))
  const head = element('thead', { role: 'rowgroup' }, element('tr', { role: 'row' }, ...heads))
  const cell = (content: Node | string, at: number): HTMLElement =>
    element('td', { role: 'cell', 'data-column': columns[at] }, content)
  return {
    node: element('table', { role: 'table', 'aria-labelledby': 'tokens' }, head, body),
    show: (tokens, nowMs) => {
      body.setAttribute('aria-busy', 'false')
      tokens.forEach((token, index) => {
        const row = body.rows[index] ?? body.appendChild(element('tr', { role: 'row' }))
        row.dataset.trouble = String(isInTrouble(token))
        replaceChildren(row, ...cells(token, nowMs).map(cell))
      })
      while (body.rows.length > tokens.length) body.deleteRow(-1)
    },
    markBusy: () => body.setAttribute('aria-busy', 'true'),
  }
}
