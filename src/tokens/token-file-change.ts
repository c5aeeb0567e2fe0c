import { REPLACED } from '../lib/file-trouble.ts'
import type { Problem } from '../lib/problem.ts'
import { type ContentMark, markOf, type Reading } from './file-content.ts'
import { type InlineTokens, tokensFromContent, withInline } from './parse.ts'

/** A file, or a folder of files, that tokens are read from, and what was read of it last: all that watching it needs. */
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

/** A change of a watched source. Never holds the text of a token, but for the tokens themselves. */
export type TokenFileChange =
  /** The content is new and good. `tokens` is the whole set, the inline ones first; it may be the same set as before. */
  | { readonly kind: 'changed'; readonly tokens: readonly string[]; readonly warnings: readonly Problem[] }
  /** There are problems: the last good set stays. Reported once for each set of problems. */
  | { readonly kind: 'kept'; readonly problems: readonly Problem[] }
  /** The problems are over, and the content is again what the last good set was read from. */
  | { readonly kind: 'mended' }

/** What is known of a source while it is watched. Holds no token and no content. */
export interface TokenFileState {
  /** The content of the last good set. */
  readonly good: ContentMark
  /** The content that was found bad last, with what was wrong with it: the same bytes are not parsed again. */
  readonly bad: { readonly digest: string; readonly problems: readonly Problem[] } | undefined
  /** The problems that were reported last and are not over; empty if all is well. */
  readonly trouble: readonly Problem[]
}

export interface NextTokenFile {
  readonly state: TokenFileState
  readonly change: TokenFileChange | undefined
}

/** How long a reading may take before that is reported, in milliseconds. */
export const SLOW_READING_MS = 10_000

export function initialTokenFileState({ mark }: TokenSource): TokenFileState {
  return { good: mark, bad: undefined, trouble: [] }
}

/** Whether a content was parsed before. */
export function isKnown({ good, bad }: TokenFileState, digest: string): boolean {
  return digest === good.digest || digest === bad?.digest
}

/**
 * What a reading means: what to report of it, and what to remember.
 *
 * @param reading `slow`: it has not come to its end in SLOW_READING_MS
 */
export function nextTokenFile(
  state: TokenFileState,
  reading: Reading | { readonly kind: 'slow' },
  { variable, inline, digests = false }: TokenSource,
): NextTokenFile {
  if (reading.kind === 'slow') {
    const message = `has been read for more than ${SLOW_READING_MS / 1000} s; does the disk or the share that it is on answer?`
    return keep(state, [{ code: 'FILE_UNREADABLE', variable, message }])
  }
  if (reading.kind === 'trouble') {
    return keep(state, [{ code: reading.code, variable, message: reading.message }])
  }
  const { content } = reading
  if (content.replaced) return keep(state, [{ ...REPLACED, variable }])
  if (content.digest === state.good.digest) {
    const change = state.trouble.length === 0 ? undefined : ({ kind: 'mended' } as const)
    return { state: { ...state, trouble: [] }, change }
  }
  if (content.digest === state.bad?.digest) return keep(state, state.bad.problems)
  const set = tokensFromContent(variable, content, { accepted: new Set(state.good.unended), digests })
  if (set.problems.length > 0) {
    return keep({ ...state, bad: { digest: content.digest, problems: set.problems } }, set.problems)
  }
  const { tokens, warnings } = withInline(inline, variable, set)
  return {
    state: { good: markOf(content), bad: undefined, trouble: [] },
    change: { kind: 'changed', tokens, warnings },
  }
}

function keep(state: TokenFileState, problems: readonly Problem[]): NextTokenFile {
  const isReported =
    problems.length === state.trouble.length &&
    problems.every(({ message }, index) => message === state.trouble[index]?.message)
  if (isReported) return { state, change: undefined }
  return { state: { ...state, trouble: problems }, change: { kind: 'kept', problems } }
}
