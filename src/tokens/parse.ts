import { printableName } from '../lib/printable.ts'
import type { ProblemCode } from '../lib/problem.ts'
import { type Content, type Line, linesOf } from './file-content.ts'
import { checkTokens, inOneSentence, type ValidatedTokens } from './validate.ts'

/** A shorter text is no secret, and part of too many names. */
const SHORTEST_SECRET = 8

/** Tokens that stand in a variable itself. They never change while the process runs. */
export interface InlineTokens {
  /** The variable's name as the user wrote it. */
  readonly variable: string
  readonly tokens: readonly string[]
}

/** Reads tokens out of a variable: one, or several separated by commas or white space. */
export function tokensFromText(variable: string, text: string): ValidatedTokens {
  const words = text.split(/[\s,]+/).filter((word) => word !== '')
  const around = /^\s|\s$/.test(text)
    ? [{ code: 'TOKEN_ODD' as const, variable, message: 'has white space or a newline around it; ignored' }]
    : []
  const written = words.map((token, index) => ({
    token,
    place: () => (words.length === 1 ? 'the token' : `token ${index + 1}`),
  }))
  const set = checkTokens(variable, written, { noun: { one: 'token', many: 'tokens' } })
  const none =
    words.length === 0 ? [{ code: 'TOKEN_MISSING' as const, variable, message: 'holds no token' }] : []
  return { ...set, problems: [...set.problems, ...none], warnings: [...around, ...set.warnings] }
}

/** Both together, the inline ones first, each token once. */
export function withInline(inline: InlineTokens, variable: string, set: ValidatedTokens): ValidatedTokens {
  const all = [...inline.tokens, ...set.tokens]
  const tokens = [...new Set(all)]
  const both = all.length - tokens.length
  const message = `holds ${both} of the tokens in ${inline.variable} too; each is used once`
  const repeated = { code: 'TOKEN_REPEATED' as const, variable, message }
  return { ...set, tokens, warnings: [...set.warnings, ...(both === 0 ? [] : [repeated])] }
}

/**
 * Reads tokens out of files: a token a line, `#` comments.
 *
 * @param accepted the digests of files that are known to be whole although their last line has no newline; any other file
 *   that ends like that is refused, because it may be half written. Without it, at the start, every file is taken as it is.
 * @param digests whether a token's SHA-256 in hex may stand in its place
 */
export function tokensFromContent(
  variable: string,
  { files, swapped }: Content,
  { accepted, digests = false }: { accepted?: ReadonlySet<string>; digests?: boolean } = {},
): ValidatedTokens {
  const parsed = files.map((file) => ({ file, lines: linesOf(file.bytes) }))
  const tokens = (): readonly string[] => parsed.flatMap(({ lines }) => lines.map(({ token }) => token))
  const written = parsed.map(({ file, lines }, index) => {
    const mayBeCut = accepted !== undefined && !swapped && !accepted.has(file.digest)
    const where = (): string => whereIn(file.name, index, tokens())
    return lines.map(({ token, number, ended }) => {
      return { token, cut: mayBeCut && !ended, place: () => `line ${number}${where()}` }
    })
  })
  const set = checkTokens(variable, written.flat(), { noun: { one: 'line', many: 'lines' }, digests })
  const unended = parsed.flatMap(({ lines }, index) =>
    isUnended(lines) ? (written[index] ?? []).slice(-1) : [],
  )
  const consequence = 'while running, a change that ends like that is taken for half written'
  const taken = inOneSentence(
    accepted === undefined && !swapped ? unended : [],
    `has no newline at its end: ${consequence}`,
    `have no newline at their end: ${consequence}`,
  )
  const none = set.tokens.length === 0 && set.problems.length === 0 ? ['holds no token'] : []
  const problem = (code: ProblemCode) => (message: string) => ({ code, variable, message })
  return {
    tokens: set.tokens,
    problems: [...set.problems, ...none.map(problem('TOKEN_MISSING'))],
    warnings: [...set.warnings, ...taken.map(problem('FILE_UNFINISHED'))],
  }
}

/** One token alone without a newline is what Docker's secrets and `printf %s` make: no reason for a warning. */
function isUnended(lines: readonly Line[]): boolean {
  return lines.at(-1)?.ended === false && lines.filter(({ token }) => token !== '').length > 1
}

/** Names the file of a folder. A file that is named like a token is numbered instead. */
function whereIn(name: string, index: number, tokens: readonly string[]): string {
  if (name === '') return ''
  const reveals = tokens.some((token) => partsOf(token).some((part) => haveMuchInCommon(name, part)))
  return reveals ? ` of file ${index + 1}` : ` of ${printableName(name)}`
}

/** A wrong token often holds a right one: within quotes, before a slash, beside another. */
function partsOf(token: string): readonly string[] {
  return token.split(/[^A-Za-z0-9._~-]+/)
}

function haveMuchInCommon(name: string, part: string): boolean {
  if (part.length < SHORTEST_SECRET) return false
  return name.includes(part) || (name.length * 2 > part.length && part.includes(name))
}
