import { REPLACED } from '../lib/file-trouble.ts'
import { markOf } from './file-content.ts'
import { tokensFromContent, tokensFromText, withInline } from './parse.ts'
import { readStable } from './stable-read.ts'
import type { TokenSource } from './token-file-change.ts'
import type { ValidatedTokens } from './validate.ts'

/** Where tokens are given; both, one or none of them. `variable` is a name for messages. */
export interface GivenTokens {
  readonly inline: { readonly variable: string; readonly text: string | undefined }
  readonly file: { readonly variable: string; readonly path: string | undefined }
  /** Whether a token's SHA-256 in hex may stand in its place; default: no. */
  readonly digests?: boolean
}

/** What was read at the start, and what there is to watch; without a file there is nothing to watch. */
export interface ReadTokens extends ValidatedTokens {
  readonly source: TokenSource | undefined
}

const NONE: ValidatedTokens = { tokens: [], problems: [], warnings: [] }

/** Reads all tokens at the start. Where none are given there are none, and no problem. */
export async function readTokens({ inline, file, digests = false }: GivenTokens): Promise<ReadTokens> {
  const { variable, path } = file
  const fromText = inline.text === undefined ? NONE : tokensFromText(inline.variable, inline.text)
  if (path === undefined) return { ...fromText, source: undefined }
  const reading = await readStable(path)
  if (reading.kind === 'trouble') {
    const problem = { code: reading.code, variable, message: reading.message }
    return { ...fromText, problems: [...fromText.problems, problem], source: undefined }
  }
  const given = { variable: inline.variable, tokens: fromText.tokens }
  const fromFile = tokensFromContent(variable, reading.content, { digests })
  const { tokens, warnings } = withInline(given, variable, fromFile)
  const replaced = reading.content.replaced ? [{ ...REPLACED, variable }] : []
  return {
    tokens,
    problems: [...fromText.problems, ...fromFile.problems],
    warnings: [...fromText.warnings, ...warnings, ...replaced],
    source: { variable, path, digests, inline: given, mark: markOf(reading.content) },
  }
}
