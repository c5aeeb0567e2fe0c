/** Tokens a page of `/status`. */
const PAGE = 100

/** Tokens that are shown together. */
export interface StatusGroup<Token> {
  readonly size: number
  readonly tokens: Iterable<Token>
}

/** The page of tokens after the first `offset` ones, group by group; goes through no group that it shows nothing of. */
export function statusPage<Token>(groups: readonly StatusGroup<Token>[], offset: number): readonly Token[] {
  const page: Token[] = []
  let skip = offset
  for (const { size, tokens } of groups) {
    if (skip >= size) {
      skip -= size
      continue
    }
    for (const token of tokens) {
      if (skip > 0) skip -= 1
      else page.push(token)
      if (page.length === PAGE) return page
    }
  }
  return page
}
