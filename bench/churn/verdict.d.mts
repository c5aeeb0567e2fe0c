/** A link of a registrant; times in milliseconds, `Infinity` for what has not happened. */
export interface Link {
  /** What it answers with. */
  readonly port: number
  /** The registrant's own. */
  readonly id: string
  readonly beganMs: number
  readonly registeredMs: number
  readonly goneMs: number
  readonly end?: 'left' | 'moved' | 'lost' | 'node killed' | 'node ended'
}

export interface Fault {
  readonly what: 'NATS server ended' | 'NATS server killed' | 'node ended' | 'node killed'
  readonly sinceMs: number
  readonly untilMs: number
}

export interface ChurnAnswer {
  readonly status: number
  readonly port?: number
  readonly askedMs: number
  readonly answeredMs: number
}

export interface Verdict {
  readonly verdict: 'right' | 'never' | 'older' | 'absent' | 'refused' | 'odd' | 'unjudged'
  readonly why?: 'change' | 'still' | 'fault'
}

export const GRACE_MS: number

export function judge(
  answer: ChurnAnswer,
  links: readonly Link[],
  faults: readonly Fault[],
  stillMs?: number,
): Verdict
