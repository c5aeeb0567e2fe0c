/** Something about what the user gave that the user should know. Never holds the value of a secret. */
export interface Problem {
  /** The variable it is about. */
  readonly variable: string
  /** What is wrong and what to do, in one sentence; begins in lower case. */
  readonly message: string
}
