import { createHash } from 'node:crypto'

/** A SHA-256 in hex: how a list can name a token without holding it. */
const DIGEST = /^[0-9a-f]{64}$/i

/** The tokens that may be registered: all of them, or those of a list. */
export class AllowList {
  #digests: ReadonlySet<string> | undefined

  /** @param entries tokens, or their SHA-256 in hex; without them every token may be registered */
  constructor(entries?: Iterable<string>) {
    if (entries !== undefined) this.replace(entries)
  }

  /** Only these may be registered from now on. */
  replace(entries: Iterable<string>): void {
    const digests = new Set<string>()
    for (const entry of entries) digests.add(DIGEST.test(entry) ? entry.toLowerCase() : digestOf(entry))
    this.#digests = digests
  }

  allows(token: string): boolean {
    return this.#digests === undefined || this.#digests.has(digestOf(token))
  }

  /** How many tokens are on it; undefined if there is no list. */
  get size(): number | undefined {
    return this.#digests?.size
  }
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
