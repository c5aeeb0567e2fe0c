/** Tokens that an answer of `/status` shows at most. */
const SHOWN_MAX = 100

/** Which tokens `/status` is to show. */
export interface TokenQuery {
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
export interface TokenGroup<Token> {
  readonly size: number
  readonly tokens: Iterable<Token>
}

export interface TokenSelection<Token> {
  readonly tokens: readonly Token[]
  /** How many there are that the text is said of, with those that are not shown. */
  readonly matching: number
}

/** `?offset=&limit=&text=`; a number that is none counts as not given. @param redact takes secrets out of words */
export function readTokenQuery(query: URLSearchParams, redact: (words: string) => string): TokenQuery {
  const whole = (name: string, standard: number): number => {
    const value = Math.trunc(Number(query.get(name) || standard))
    return Number.isNaN(value) ? standard : Math.max(0, value)
  }
  const text = (query.get('text') ?? '').trim().toLowerCase()
  return { offset: whole('offset', 0), limit: Math.min(whole('limit', SHOWN_MAX), SHOWN_MAX), text, redact }
}

/**
 * The tokens that are asked for, group by group; goes through no group that it shows nothing of, unless a text is looked for.
 *
 * @param wordsOf all that is said of a token
 */
export function selectTokens<Token>(
  groups: readonly TokenGroup<Token>[],
  query: TokenQuery,
  wordsOf: (token: Token) => string,
): TokenSelection<Token> {
  const { text, redact = (words) => words } = query
  if (text === '') return { tokens: partOf(groups, query), matching: sizeOf(groups) }
  const isIn = (words: string): boolean => words.toLowerCase().includes(text)
  const found = groups.map(({ tokens }) => {
    const matching = [...tokens].filter((token) => {
      const words = wordsOf(token)
      return isIn(words) && isIn(redact(words))
    })
    return { size: matching.length, tokens: matching }
  })
  return { tokens: partOf(found, query), matching: sizeOf(found) }
}

function sizeOf(groups: readonly TokenGroup<unknown>[]): number {
  return groups.reduce((sum, { size }) => sum + size, 0)
}

function partOf<Token>(
  groups: readonly TokenGroup<Token>[],
  { offset, limit }: TokenQuery,
): readonly Token[] {
  const part: Token[] = []
  if (limit === 0) return part
  let skip = offset
  for (const { size, tokens } of groups) {
    if (skip >= size) {
      skip -= size
      continue
    }
    for (const token of tokens) {
      if (skip > 0) skip -= 1
      else part.push(token)
      if (part.length === limit) return part
    }
  }
  return part
}
