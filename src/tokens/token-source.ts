import type { ContentMark } from './file-content.ts'
import type { InlineTokens } from './inline-tokens.ts'

/** A file, or a folder of files, that tokens are read from, and what was read of it last: all that following it needs. */
export interface TokenSource {
  /** The variable that names it, for messages. */
  readonly variable: string
  readonly path: string
  /** Whether a token's SHA-256 in hex may stand in its place; default: no. */
  readonly digests?: boolean
  /** What was given beside it: always part of the set. */
  readonly inline: InlineTokens
  /** The content that the set in use was read from. */
  readonly mark: ContentMark
}
