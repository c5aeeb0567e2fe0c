import type { AnswerSample } from './lie-time.mjs'

/** What a sidecar has found out about discovery; undefined while it does not answer. */
export interface FoundOut {
  readonly askedMs: number
  readonly discovery?: { readonly verdict: string; readonly code: string | null } | null
}

export interface Alarm {
  readonly code: string
  /** When it was seen first. */
  readonly atMs: number
  readonly judged: 'true' | 'false' | 'changing'
}

/** Throws where discovery was not asked in the second before an alarm. */
export function alarmsOf(samples: {
  readonly holds: readonly FoundOut[]
  readonly answers: readonly Pick<AnswerSample, 'askedMs' | 'named'>[]
}): Alarm[]
