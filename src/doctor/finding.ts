/** Every step of the way from a client to the puppet, in the order in which they are printed. */
export const STEPS = [
  'configuration',
  'token',
  'sidecar',
  'puppet name',
  'puppet port',
  'puppet TLS',
  'puppet certificate',
  'puppet gRPC',
  'puppet health',
  'puppet token',
  'advertised address',
  'registry name',
  'registry proxy',
  'registry connection',
  'registry TLS',
  'registry upgrade',
  'registration',
  'discovery',
  'published port',
  'open files',
  'clock',
  'network',
] as const
export type Step = (typeof STEPS)[number]

/** `skipped`: it was not looked at, because an earlier step has to hold first, or because it means nothing here. */
export type FindingStatus = 'ok' | 'warn' | 'fail' | 'skipped'

/** What one step has found. A step may find several things. */
export interface Finding<AnyStep extends string = Step> {
  readonly step: AnyStep
  readonly status: FindingStatus
  /** A trouble's code, where there is one. */
  readonly code?: string
  /** What was seen, in one sentence that begins in lower case. */
  readonly seen: string
  /** For `fail` and `warn`. */
  readonly remedy?: Remedy
}

export interface Remedy {
  /** What to do, in one sentence that begins in lower case. */
  readonly words: string
  /**
   * What to type, as it stands: lines `NAME=VALUE` of the environment (`NAME=` unsets one), or a command. Absent where only words can
   * help.
   */
  readonly type?: string
}
