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
  /** The place of the node to which it was done. */
  readonly node?: number
  readonly sinceMs: number
  readonly untilMs: number
}

export interface ChurnAnswer {
  /** The place of the node that was asked. */
  readonly node: number
  readonly status: number
  readonly port?: number
  readonly reason?: string
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
