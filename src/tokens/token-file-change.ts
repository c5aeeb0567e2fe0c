import type { Problem } from '../lib/problem.ts'
import { type ContentMark, markOf, type Reading } from './file-content.ts'
import { withInline } from './inline-tokens.ts'
import { tokensFromContent } from './parse.ts'
import type { TokenSource } from './token-source.ts'

/** What following a source tells. Never holds the text of a token, but for the tokens themselves. */
export type TokenFileChange =
  /** The content is new and good. `tokens` is the whole set, the inline ones first; it may be the same set as before. */
  | { readonly kind: 'changed'; readonly tokens: readonly string[]; readonly warnings: readonly Problem[] }
  /** There is trouble: the last good set stays. Told when it is new, or another trouble than the one told last. */
  | { readonly kind: 'kept'; readonly problems: readonly Problem[] }
  /** The trouble is over, and the content is again what the last good set was read from. */
  | { readonly kind: 'mended' }

/** What is known of a source while it is followed. Holds no token and no content. */
export interface TokenFileState {
  /** The content of the last good set. */
  readonly good: ContentMark
  /** The content that was found bad last, with what was wrong with it: the same bytes need no second look. */
  readonly bad: { readonly digest: string; readonly problems: readonly Problem[] } | undefined
  /** What was told last and is not over; empty if all is well. */
  readonly trouble: readonly Problem[]
}

/** How long a reading may take before that is told, in milliseconds. */
export const SLOW_READING_MS = 10_000

export function initialTokenFileState({ mark }: TokenSource): TokenFileState {
  return { good: mark, bad: undefined, trouble: [] }
}

/** Whether a content needs no second look. */
export function isKnown({ good, bad }: TokenFileState, digest: string): boolean {
  return digest === good.digest || digest === bad?.digest
}

/**
 * What a reading means: what there is to tell of it, and what to remember.
 *
 * @param reading `slow`: it has not come to its end in SLOW_READING_MS
 */
export function nextTokenFile(
  memory: TokenFileState,
  reading: Reading | { readonly kind: 'slow' },
  { variable, inline, digests = false }: TokenSource,
): { memory: TokenFileState; news: TokenFileChange | undefined } {
  if (reading.kind === 'slow') {
    const message = `has been read for more than ${SLOW_READING_MS / 1000} s; does the disk or the share that it is on answer?`
    return keep(memory, [{ variable, message }])
  }
  if (reading.kind === 'trouble') return keep(memory, [{ variable, message: reading.message }])
  const { content } = reading
  if (content.digest === memory.good.digest) {
    const news: TokenFileChange | undefined = memory.trouble.length === 0 ? undefined : { kind: 'mended' }
    return { memory: { ...memory, trouble: [] }, news }
  }
  if (content.digest === memory.bad?.digest) return keep(memory, memory.bad.problems)
  const set = tokensFromContent(variable, content, { accepted: new Set(memory.good.unended), digests })
  if (set.problems.length > 0) {
    return keep({ ...memory, bad: { digest: content.digest, problems: set.problems } }, set.problems)
  }
  const { tokens, warnings } = withInline(inline, variable, set)
  return {
    memory: { good: markOf(content), bad: undefined, trouble: [] },
    news: { kind: 'changed', tokens, warnings },
  }
}

function keep(
  memory: TokenFileState,
  problems: readonly Problem[],
): { memory: TokenFileState; news: TokenFileChange | undefined } {
  const told =
    problems.length === memory.trouble.length &&
    problems.every(({ message }, index) => message === memory.trouble[index]?.message)
  if (told) return { memory, news: undefined }
  return { memory: { ...memory, trouble: problems }, news: { kind: 'kept', problems } }
}
