import { printable } from '../lib/printable.ts'
import { Redactor } from '../ops/redactor.ts'
import type { Finding } from './finding.ts'

/** Characters of a sentence: it may name a file and an address or two. */
const SENTENCE_MAX = 1000

/** A line of the environment. What is no such line is a command of ours, whose parts are checked where it is made. */
const ASSIGNMENT = /^\w+=/
/** What a shell takes as it stands: a stranger may have chosen it, a registry that redirects for instance. */
const PLAIN_ASSIGNMENT = /^\w+=[\w.,:/@%+~[\]-]*$/

/** A shorter token is left alone: it may be a word. */
const SHORTEST = 8

/**
 * Takes secrets out of texts, tokens in any mixture of cases too: what a registry says may have gone through something that takes a token
 * for the name of a host.
 */
export function doctorRedactor(
  tokens: readonly string[],
  passwords: readonly string[] = [],
): (text: string) => string {
  const redactor = new Redactor(tokens, passwords)
  const lower = tokens.filter(({ length }) => length >= SHORTEST).map((token) => token.toLowerCase())
  return (text) => lower.reduce(withoutAnyCase, redactor.redact(text))
}

function withoutAnyCase(text: string, lower: string): string {
  if (!text.toLowerCase().includes(lower)) return text
  // By an expression: the lower case of some letters is longer than they are.
  return text.replace(new RegExp(lower.replace(/[^\w]/g, '\\$&'), 'gi'), '[token]')
}

/**
 * A finding as it may be printed: without secrets, each text in one line without control characters, and nothing to type that a shell would
 * understand in another way than it reads.
 */
export function fitForPrint<AnyStep extends string>(
  { seen, remedy, ...rest }: Finding<AnyStep>,
  redact: (text: string) => string,
): Finding<AnyStep> {
  const sentence = (text: string): string => printable(text, redact, SENTENCE_MAX)
  if (remedy === undefined) return { ...rest, seen: sentence(seen) }
  const { words, type } = remedy
  const typed = type !== undefined && isSafeToType(type) ? { type: redact(type) } : {}
  return { ...rest, seen: sentence(seen), remedy: { words: sentence(words), ...typed } }
}

function isSafeToType(type: string): boolean {
  return type.split('\n').every((line) => !ASSIGNMENT.test(line) || PLAIN_ASSIGNMENT.test(line))
}
