import type { Problem } from '../lib/problem.ts'
import { MISTAKES, ODDITIES, UNUSABLE } from './token-mistakes.ts'

/** Tokens of one source. Where there are problems, none of the tokens may be used; warnings stop nothing. */
export interface ValidatedTokens {
  /** Each once, in the order in which they were written. */
  readonly tokens: readonly string[]
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/** A token as somebody wrote it. */
export interface WrittenToken {
  /** Empty where there is none; that matters only if it is cut. */
  readonly token: string
  /** Where it stands, in words that do not repeat it. Called only for what is reported. */
  readonly place: () => string
  /** Whether it is the end of a file that may not have been written to its end yet. */
  readonly cut?: boolean
}

/** How many of a kind are named; the rest is counted. */
const NAMED = 5
/** A token's SHA-256 in hex, which stands for it in a list of those that a registry lets in. */
const DIGEST = /^[0-9a-f]{64}$/i

/** Characters of a token; they have some fifty. */
const LENGTH_MAX = 512

/** Whether a text can be a token, wherever it comes from. */
export function isUsableToken(text: string): boolean {
  return text !== '' && text.length <= LENGTH_MAX && !UNUSABLE.some((test) => test.test(text))
}

/** What is wrong with a token, in words that do not repeat it; undefined if nothing is. */
export function problemOf(token: string): string | undefined {
  return MISTAKES.find(({ test }) => test.test(token))?.words
}

/** Whether a wrong beginning of a token can be right when the rest of it is there. */
function restCanFix(beginning: string): boolean {
  // The cut may go through the middle of a character.
  return beginning.endsWith('\uFFFD') || problemOf(`${beginning}-rest`) === undefined
}

/**
 * Finds the tokens that cannot be used, that are repeated and that look odd. However many there are, the messages stay few.
 *
 * @param noun what a token's place is called when several are counted
 * @param digests whether a token's SHA-256 in hex may stand in its place
 */
export function checkTokens(
  variable: string,
  written: readonly WrittenToken[],
  { noun, digests = false }: { noun: { one: string; many: string }; digests?: boolean },
): ValidatedTokens {
  const wrong: { at: WrittenToken; words: string }[] = []
  const repeated: { at: WrittenToken; before: WrittenToken }[] = []
  const firsts = new Map<string, WrittenToken>()
  const unended = 'has no newline at its end yet: it may be half written; end it with a newline'
  for (const at of written) if (at.cut) wrong.push({ at, words: unended })
  for (const at of written) {
    const { token, cut = false } = at
    if (token === '') continue
    const words = problemOf(token)
    const before = firsts.get(token)
    if (words === undefined && before === undefined) firsts.set(token, at)
    else if (words === undefined && before !== undefined) repeated.push({ at, before })
    else if (words !== undefined && !(cut && restCanFix(token))) wrong.push({ at, words })
  }
  const rest = (count: number): string => `${counted(count)} more ${count === 1 ? noun.one : noun.many}`
  const problems = firstOf(
    wrong,
    ({ at, words }) => `${at.place()} ${words}`,
    (more) => `and ${rest(more)} ${more === 1 ? 'is' : 'are'} wrong`,
  )
  const repeats = firstOf(
    repeated,
    ({ at, before }) => `${at.place()} is the same as ${before.place()}; used once`,
    (more) =>
      `and ${rest(more)} ${more === 1 ? 'repeats' : 'repeat'} a token that is there already; used once`,
  )
  const tokens = [...firsts].filter(([token]) => !(digests && DIGEST.test(token)))
  const oddities = ODDITIES.flatMap(({ test, one, many }) => {
    const odd = tokens.filter(([token]) => test(token)).map(([, at]) => at)
    return inOneSentence(odd, one, many)
  })
  return {
    tokens: [...firsts.keys()],
    problems: problems.map((message) => ({ code: 'TOKEN_INVALID', variable, message })),
    warnings: [
      ...repeats.map((message) => ({ code: 'TOKEN_REPEATED' as const, variable, message })),
      ...oddities.map((message) => ({ code: 'TOKEN_ODD' as const, variable, message })),
    ],
  }
}

/** Says something of one place, or once for all of several; nothing if there is none. */
export function inOneSentence(
  places: readonly Pick<WrittenToken, 'place'>[],
  one: string,
  many: string,
): readonly string[] {
  const [first, ...others] = places
  if (first === undefined) return []
  if (others.length === 0) return [`${first.place()} ${one}`]
  return [`${first.place()} and ${counted(others.length)} more ${many}`]
}

function firstOf<T>(
  items: readonly T[],
  describe: (item: T) => string,
  rest: (more: number) => string,
): readonly string[] {
  const more = items.length - NAMED
  return [...items.slice(0, NAMED).map(describe), ...(more > 0 ? [rest(more)] : [])]
}

/** A number as people read it: 9,999. */
function counted(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}
