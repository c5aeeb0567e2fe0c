/** Tokens a page of `/status` at most. */
const PAGE_MAX = 100

/** Which tokens `/status` is to show. */
export interface PageRequest {
  /** How many to skip. */
  readonly offset: number
  /** How many to show; at most 100. */
  readonly limit: number
  /** Only those about which this is said somewhere, in small letters; empty: all. */
  readonly text: string
  /** Takes secrets out of words: nobody finds out by a filter what is not shown. Default: leaves them as they are. */
  readonly redact?: (words: string) => string
}

/** Tokens that are shown together. */
export interface StatusGroup<Token> {
  readonly size: number
  readonly tokens: Iterable<Token>
}

export interface StatusPage<Token> {
  readonly tokens: readonly Token[]
  /** How many there are on all pages together. */
  readonly matching: number
}

/** `?offset=&limit=&text=`; a number that is none counts as not given. @param redact takes secrets out of words */
export function pageRequest(query: URLSearchParams, redact: (words: string) => string): PageRequest {
  const whole = (name: string, standard: number): number => {
    const value = Math.trunc(Number(query.get(name) || standard))
    return Number.isNaN(value) ? standard : Math.max(0, value)
  }
  const text = (query.get('text') ?? '').trim().toLowerCase()
  return { offset: whole('offset', 0), limit: Math.min(whole('limit', PAGE_MAX), PAGE_MAX), text, redact }
}

/**
 * The page of tokens that is asked for, group by group; goes through no group that it shows nothing of, unless a text is looked for.
 *
 * @param wordsOf all that is said of a token
 */
export function statusPage<Token>(
  groups: readonly StatusGroup<Token>[],
  request: PageRequest,
  wordsOf: (token: Token) => string,
): StatusPage<Token> {
  const { text, redact = (words) => words } = request
  if (text === '') return { tokens: pageOf(groups, request), matching: sizeOf(groups) }
  const isIn = (words: string): boolean => words.toLowerCase().includes(text)
  const found = groups.map(({ tokens }) => {
    const matching = [...tokens].filter((token) => {
      const words = wordsOf(token)
      return isIn(words) && isIn(redact(words))
    })
    return { size: matching.length, tokens: matching }
  })
  return { tokens: pageOf(found, request), matching: sizeOf(found) }
}

function sizeOf(groups: readonly StatusGroup<unknown>[]): number {
  return groups.reduce((sum, { size }) => sum + size, 0)
}

function pageOf<Token>(
  groups: readonly StatusGroup<Token>[],
  { offset, limit }: PageRequest,
): readonly Token[] {
  const page: Token[] = []
  if (limit === 0) return page
  let skip = offset
  for (const { size, tokens } of groups) {
    if (skip >= size) {
      skip -= size
      continue
    }
    for (const token of tokens) {
      if (skip > 0) skip -= 1
      else page.push(token)
      if (page.length === limit) return page
    }
  }
  return page
}
