import { type Content, printable } from './file-content.ts'
import { type Line, linesOf } from './token-lines.ts'
import { checkTokens, inOneSentence, type ValidatedTokens, type WrittenToken } from './validate.ts'

/** What is shorter is no secret, and part of too many names. */
const SHORTEST_SECRET = 8

/**
 * Reads tokens out of files: a token a line, `#` comments.
 *
 * @param accepted the files that are known to be whole although their last line has no newline; what else ends like that
 *   is refused, because it may be half written. Without it, at the start, every file is taken as it is.
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
  const taken = accepted === undefined && !swapped ? sayUnended(unended) : []
  const none = set.tokens.length === 0 && set.problems.length === 0 ? ['holds no token'] : []
  const problem = (message: string) => ({ variable, message })
  return {
    tokens: set.tokens,
    problems: [...set.problems, ...none.map(problem)],
    warnings: [...set.warnings, ...taken.map(problem)],
  }
}

/** One token alone without a newline is what Docker's secrets and `printf %s` make: no reason to be alarmed. */
function isUnended(lines: readonly Line[]): boolean {
  return lines.at(-1)?.ended === false && lines.filter(({ token }) => token !== '').length > 1
}

function sayUnended(lastLines: readonly WrittenToken[]): readonly string[] {
  const consequence = 'while running, a change that ends like that is taken for half written'
  return inOneSentence(
    lastLines,
    `has no newline at its end: ${consequence}`,
    `have no newline at their end: ${consequence}`,
  )
}

/** In a folder, the line alone would not say where. A file that is named like a token is counted instead of named. */
function whereIn(name: string, index: number, tokens: readonly string[]): string {
  if (name === '') return ''
  const tells = tokens.some((token) => partsOf(token).some((part) => haveMuchInCommon(name, part)))
  return tells ? ` of file ${index + 1}` : ` of ${printable(name)}`
}

/** What is wrong with a token is often around it: quotes, a slash, another token. */
function partsOf(token: string): readonly string[] {
  return token.split(/[^A-Za-z0-9._~-]+/)
}

function haveMuchInCommon(name: string, part: string): boolean {
  if (part.length < SHORTEST_SECRET) return false
  return name.includes(part) || (name.length * 2 > part.length && part.includes(name))
}
