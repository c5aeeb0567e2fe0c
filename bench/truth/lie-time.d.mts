/** What a puppet said: whether it could answer when it was asked. Times are of the monotonic clock, in milliseconds. */
export interface TruthSample {
  readonly askedMs: number
  readonly up: boolean
}

/** What discovery said: whether it named the puppet. */
export interface AnswerSample {
  readonly askedMs: number
  readonly answeredMs: number
  readonly named: boolean
}

/** What the sidecar said: whether it held the puppet back. */
export interface HoldSample {
  readonly askedMs: number
  readonly held: boolean
}

export interface Window {
  readonly name: string
  readonly beginMs: number
  readonly endMs: number
}

export interface LieTime {
  readonly name: string
  readonly lieS: number
  readonly lateS: number
  readonly heldS: number
  /** For how long the puppet could not answer. */
  readonly downS: number
}

export type Verdict = 'right' | 'lie' | 'late' | 'held'

/** All samples are in the order in which they were asked. Throws where something was not measured. */
export function lieTime(measured: {
  readonly truth: readonly TruthSample[]
  readonly answers: readonly AnswerSample[]
  readonly holds?: readonly HoldSample[]
  readonly windows: readonly Window[]
  /** What each answer stands for, and each look at the puppet. */
  readonly everyMs: number
}): LieTime[]

export function verdictOf(
  answer: AnswerSample,
  truth: readonly TruthSample[],
  holds?: readonly HoldSample[],
): Verdict
