import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Problem } from '../problem.ts'

/** Tokens of one source, with what is wrong with them. `warnings` do not stop the start. */
export interface TokenSet {
  readonly tokens: readonly string[]
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/** Characters that would break a URL, a header or the registry's parser. */
const FORBIDDEN = /[^!$&()*+\-.0-9:;<=>@A-Z[\]^_`a-z{|}~]/
/** What travels everywhere unchanged. */
const SAFE = /^[A-Za-z0-9._~-]+$/
const GUESSABLE_LENGTH = 8

/** Finds what is wrong with a token, in words that do not repeat it; undefined if nothing is. */
function complaint(token: string): string | undefined {
  if (/^["'].*["']$|^["']|["']$/.test(token)) return 'has quotes around it; write it without'
  if (/\$[{(]|^\$\w+$/.test(token))
    return 'holds a variable that was not expanded (like $TOKEN); expand it first'
  if (/[<>]/.test(token)) return 'looks like a placeholder; put the real token there'
  if (FORBIDDEN.test(token)) {
    return 'holds a character that cannot travel in a URL and a header; use letters, digits and . _ ~ - only'
  }
  return undefined
}

/** Reads tokens out of a variable: one, or several separated by commas or white space. */
export function tokensFromText(variable: string, text: string): TokenSet {
  const words = text.split(/[\s,]+/).filter((word) => word !== '')
  const smells = /^\s|\s$/.test(text)
    ? [{ variable, message: 'has white space or a newline around it; ignored' }]
    : []
  const places = words.map((token, index) => ({
    token,
    place: words.length === 1 ? 'the token' : `token ${index + 1}`,
  }))
  const set = check(variable, places)
  const none = words.length === 0 ? [{ variable, message: 'holds no token' }] : []
  return { ...set, problems: [...set.problems, ...none], warnings: [...smells, ...set.warnings] }
}

/** Reads tokens from a file, or from the files of a folder as a mounted Secret has them: a token a line, `#` comments. */
export function tokensFromPath(variable: string, path: string): TokenSet {
  try {
    const files = filesOf(path)
    // In a folder, the line alone would not say where.
    const places = files.flatMap((file) => linesOf(file, file === path ? '' : ` of ${basename(file)}`))
    const set = check(variable, places)
    return places.length === 0 ? { ...set, problems: [{ variable, message: 'leads to no token' }] } : set
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    const words = READ_ERRORS[code] ?? `cannot be read (${code})`
    return { tokens: [], problems: [{ variable, message: words }], warnings: [] }
  }
}

const READ_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder; is it mounted?',
  EACCES: 'must not be read by this user (EACCES); check its owner and mode',
}

function filesOf(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path]
  const names = readdirSync(path).filter((name) => !name.startsWith('.'))
  return names.map((name) => join(path, name)).filter((file) => statSync(file).isFile())
}

function linesOf(file: string, where: string): { token: string; place: string }[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line, index) => ({
      token: line.replace(/(^|\s)#.*$/, '').trim(),
      place: `line ${index + 1}${where}`,
    }))
    .filter(({ token }) => token !== '')
}

function check(variable: string, places: readonly { token: string; place: string }[]): TokenSet {
  const problems: Problem[] = []
  const warnings: Problem[] = []
  const firstPlace = new Map<string, string>()
  for (const { token, place } of places) {
    const wrong = complaint(token)
    const before = firstPlace.get(token)
    if (wrong !== undefined) problems.push({ variable, message: `${place} ${wrong}` })
    else if (before !== undefined)
      warnings.push({ variable, message: `${place} is the same as ${before}; used once` })
    else {
      firstPlace.set(token, place)
      warnings.push(...smells(token).map((message) => ({ variable, message: `${place} ${message}` })))
    }
  }
  return { tokens: [...firstPlace.keys()], problems, warnings }
}

function smells(token: string): string[] {
  const found: string[] = []
  if (token.lastIndexOf('_') <= 0) {
    found.push('has no prefix with an underscore (like insecure_…): TypeScript and Go clients will refuse it')
  }
  if (!SAFE.test(token)) found.push('holds unusual characters; letters, digits and . _ ~ - travel everywhere')
  if (token.length < GUESSABLE_LENGTH) found.push('is so short that anyone can guess it')
  return found
}
