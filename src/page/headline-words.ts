import { duration } from './time.ts'
import { SIGNS, type Tone } from './tone.ts'

/** What stands on top of a page. */
export interface Sentence {
  readonly tone: Tone
  /** Without how long it has been so. */
  readonly words: string
  /** The same without numbers, where they may change each second: it is read out, and the title changes, when this does. Default: the words. */
  readonly meaning?: string | undefined
  /** Since when it is so, in milliseconds since the epoch; undefined: no one instant. */
  readonly sinceMs?: number | undefined
  /** The problem that makes it so: it is listed first. */
  readonly code?: string | null
}

/** The sentence with how long it has been so. */
export function spoken({ words, sinceMs }: Sentence, nowMs: number): string {
  const forMs = sinceMs === undefined ? 0 : nowMs - sinceMs
  return forMs < 1000 ? words : `${words} for ${duration(forMs)}`
}

/** What screen readers read out. @param cutOff what is to be said while the server is not heard; empty while it is */
export function readOut({ words, meaning = words }: Sentence, cutOff: string): string {
  return cutOff === '' ? meaning : cutOff
}

/** The sentence as a title: it changes with the meaning alone, because a browser marks a tab whose title has changed. */
export function titleOf({ tone, words, meaning = words }: Sentence, cutOff: string): string {
  return cutOff === '' ? `${SIGNS[tone]} ${meaning}` : '? No connection'
}
