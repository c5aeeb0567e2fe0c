/** Tokens a page. */
export const PAGE_SIZE = 100

/** A page of the tokens about which a text is said. */
export interface TokenQuery {
  readonly offset: number
  readonly text: string
}

/** What `/status` says of tokens. */
export interface TokenPage<Token> {
  readonly tokens: readonly Token[]
  /** How many there are on all pages together. */
  readonly matching: number
}

/** Asks the server for one page at a time: a newer question ends the older one. */
export class TokenSource<Token> {
  #running: AbortController | undefined

  /** Undefined if a newer question came, or there was no answer. */
  async ask({ offset, text }: TokenQuery): Promise<TokenPage<Token> | undefined> {
    this.cancel()
    const running = new AbortController()
    this.#running = running
    const query = new URLSearchParams({ offset: String(offset), limit: String(PAGE_SIZE), text })
    try {
      const response = await fetch(`status?${query}`, { signal: running.signal })
      return response.ok ? ((await response.json()) as TokenPage<Token>) : undefined
    } catch {
      return undefined
    }
  }

  cancel(): void {
    this.#running?.abort()
  }
}
