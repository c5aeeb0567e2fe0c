import type { Stage, Way } from './connect-error.ts'

/** One attempt to reach a URL: who makes it is told how it goes, and says when it is over. */
export interface Attempt {
  /** Aborts when it is called off, or has failed. It has a deadline. */
  readonly signal: AbortSignal
  readonly at: (stage: Stage) => void
  /** Which way it goes, where there is something to say of it: before the first stage. */
  readonly goes: (way: Way) => void
}
