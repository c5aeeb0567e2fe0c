import type { ProblemCode } from '../lib/problem.ts'

/** What one file held. */
export interface FileContent {
  /** Its name within the folder; empty if the path is the file itself. */
  readonly name: string
  readonly bytes: Buffer
  /** Stands for name and bytes. */
  readonly digest: string
}

/** What a file, or a folder of files, held at one moment. */
export interface Content {
  /** Sorted by name. */
  readonly files: readonly FileContent[]
  /** Whether all of it is put in place at once, as Kubernetes does with what it mounts: nothing of it is ever half written. */
  readonly swapped: boolean
  /** Whether a newer file has taken its place where it is mounted from, which cannot be seen from here. */
  readonly replaced: boolean
  /** Stands for all of it. */
  readonly digest: string
}

/** The result of reading a path: its content, or in words why there is none. */
export type Reading =
  | { readonly kind: 'content'; readonly content: Content }
  | { readonly kind: 'trouble'; readonly code: ProblemCode; readonly message: string }

/** What is remembered of a content: enough to recognise it, and nothing that could be read out of it. */
export interface ContentMark {
  readonly digest: string
  /** The digests of those files that were accepted although their last line had no newline. */
  readonly unended: readonly string[]
}

export interface Line {
  /** Empty if there is none on it. */
  readonly token: string
  /** From 1. */
  readonly number: number
  /** Whether there is a newline after it. */
  readonly ended: boolean
}

const NEWLINE = 0x0a

export function markOf({ digest, files }: Content): ContentMark {
  const unended = files.filter(({ bytes }) => bytes.length > 0 && bytes.at(-1) !== NEWLINE)
  return { digest, unended: unended.map((file) => file.digest) }
}

/**
 * The lines with a token on them, and the last line in any case if there is no newline after it. Each is decoded by
 * itself: V8 keeps a whole text in memory for as long as a part that was cut out of it is in use.
 */
export function linesOf(bytes: Buffer): readonly Line[] {
  const lines: Line[] = []
  for (let start = 0, number = 1; start < bytes.length; number += 1) {
    const newline = bytes.indexOf(NEWLINE, start)
    const ended = newline !== -1
    const end = ended ? newline : bytes.length
    const text = bytes.toString('utf8', start, end)
    // What Windows has before a newline, and before the first line, is white space too; a dot would not match it.
    const token = text.replace(/(^|\s)#[\s\S]*$/, '').trim()
    if (token !== '' || !ended) lines.push({ token, number, ended })
    start = end + 1
  }
  return lines
}
