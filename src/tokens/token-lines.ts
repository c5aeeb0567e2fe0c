import { NEWLINE } from './file-content.ts'

/** A line of a file of tokens. */
export interface Line {
  /** Empty if there is none on it. */
  readonly token: string
  /** From 1. */
  readonly number: number
  /** Whether there is a newline after it. */
  readonly ended: boolean
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
