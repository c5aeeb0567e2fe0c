import type { Problem } from '../lib/problem.ts'
import { disk, runNow } from './disk.ts'
import { type ContentMark, markOf } from './file-content.ts'
import { tokensFromText, withInline } from './inline-tokens.ts'
import { tokensFromContent } from './parse.ts'
import { readPath } from './read-path.ts'
import type { TokenSource } from './token-source.ts'
import type { ValidatedTokens } from './validate.ts'

/** Where tokens are given; both, one or none of them. `variable` is a name for messages. */
export interface GivenTokens {
  readonly inline: { readonly variable: string; readonly text: string | undefined }
  readonly file: { readonly variable: string; readonly path: string | undefined }
  /** Whether a token's SHA-256 in hex may stand in its place; default: no. */
  readonly digests?: boolean
}

/** What was read at the start, and what there is to follow; without a file there is nothing to follow. */
export interface ReadTokens extends ValidatedTokens {
  readonly source: TokenSource | undefined
}

/** Reads all tokens, waiting for the disk: for the start. Where none are given there are none, and no problem. */
export function readTokens({ inline: { variable, text }, file, digests = false }: GivenTokens): ReadTokens {
  const fromText = text === undefined ? NONE : tokensFromText(variable, text)
  if (file.path === undefined) return { ...fromText, source: undefined }
  const inline = { variable, tokens: fromText.tokens }
  const { set: fromFile, mark } = readFileNow(file.variable, file.path, digests)
  const { tokens, warnings } = withInline(inline, file.variable, fromFile)
  return {
    tokens,
    problems: [...fromText.problems, ...fromFile.problems],
    warnings: [...fromText.warnings, ...warnings],
    source: mark && { variable: file.variable, path: file.path, digests, inline, mark },
  }
}

const NONE: ValidatedTokens = { tokens: [], problems: [], warnings: [] }

function readFileNow(
  variable: string,
  path: string,
  digests: boolean,
): { set: ValidatedTokens; mark: ContentMark | undefined } {
  const reading = runNow(readPath(path, disk, () => false))
  if (reading.kind === 'content') {
    return { set: tokensFromContent(variable, reading.content, { digests }), mark: markOf(reading.content) }
  }
  const problem: Problem = { variable, message: reading.message }
  return { set: { ...NONE, problems: [problem] }, mark: undefined }
}
