/** Whether the puppet could answer when it was asked. Times are of the monotonic clock, in milliseconds. */
export interface TruthSample {
  readonly askedMs: number
  readonly up: boolean
}

/** Whether discovery's answer named the puppet. */
export interface AnswerSample {
  readonly askedMs: number
  readonly answeredMs: number
  readonly named: boolean
}

/** Whether the sidecar held the puppet back because it flapped. */
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

export type Classification = 'right' | 'lie' | 'late' | 'held'

/** All samples are in the order in which they were asked. Throws where something was not measured. */
export function lieTime(measured: {
  readonly truth: readonly TruthSample[]
  readonly answers: readonly AnswerSample[]
  readonly holds?: readonly HoldSample[]
  readonly windows: readonly Window[]
  /** The time that each answer, and each sample of the puppet, counts for. */
  readonly everyMs: number
}): LieTime[]

export function classify(
  answer: AnswerSample,
  truth: readonly TruthSample[],
  holds?: readonly HoldSample[],
): Classification
