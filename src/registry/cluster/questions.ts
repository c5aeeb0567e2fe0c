import { afterPatience, type Cancel, type Clock } from '../../lib/clock.ts'
import type { Engine, EngineMessage } from './engine.ts'
import { type Reply, readReply } from './messages.ts'
import { lastPart, type Subjects } from './subjects.ts'

/**
 * `nobody`: the engine says that nobody has subscribed. `silence`: somebody may have, and no answer came in time. `lost`: the connection to
 * the engine is gone.
 */
export type Outcome = readonly Reply[] | 'nobody' | 'silence' | 'lost'

export interface QuestionOptions {
  /** In milliseconds. */
  readonly deadlineMs: number
  /** How long further answers are waited for after the first one, in milliseconds; 0: not at all. */
  readonly gatherMs: number
}

/** As many answers to one question are looked at: a token has a few registrants. */
const REPLIES_MAX = 100

/** How long an answer is waited for where one node says that the token has moved, in milliseconds. */
const MOVED_MS = 30

/**
 * A question without an answer is asked once more after so long, in milliseconds: if its node has died meanwhile, the engine says now that
 * nobody has subscribed. A registrant that is being asked is not asked twice.
 */
const ONCE_MORE_MS = 500

interface Waiting {
  readonly gatherMs: number
  readonly replies: Reply[]
  readonly settle: (outcome: Outcome) => void
  cancel: Cancel
}

/** Questions to other nodes, and their answers. */
export class Questions {
  readonly #clock: Clock
  readonly #engine: Pick<Engine, 'publish'>
  readonly #subjects: Subjects
  readonly #node: string
  readonly #onIgnored: () => void
  readonly #waiting = new Map<string, Waiting>()
  #lastRequest = 0

  constructor(
    clock: Clock,
    engine: Pick<Engine, 'publish' | 'subscribe'>,
    subjects: Subjects,
    node: string,
    onIgnored: () => void,
  ) {
    this.#clock = clock
    this.#engine = engine
    this.#subjects = subjects
    this.#node = node
    this.#onIgnored = onIgnored
    engine.subscribe(subjects.reply(node, '*'), (message) => this.#answered(message))
  }

  ask(subject: string, text: string, { deadlineMs, gatherMs }: QuestionOptions): Promise<Outcome> {
    this.#lastRequest += 1
    const request = String(this.#lastRequest)
    return new Promise((resolve) => {
      const settle = (outcome: Outcome): void => {
        waiting.cancel()
        this.#waiting.delete(request)
        resolve(outcome)
      }
      const ask = (): void => this.#engine.publish(subject, text, this.#subjects.reply(this.#node, request))
      const waitFor = (ms: number): Cancel => afterPatience(this.#clock, ms, () => settle('silence'))
      const askOnceMore = (): void => {
        waiting.cancel = waitFor(deadlineMs - ONCE_MORE_MS)
        ask()
      }
      const isLong = deadlineMs > ONCE_MORE_MS
      const cancel = isLong ? this.#clock.after(ONCE_MORE_MS, askOnceMore) : waitFor(deadlineMs)
      const waiting: Waiting = { gatherMs, replies: [], settle, cancel }
      this.#waiting.set(request, waiting)
      ask()
    })
  }

  /** The connection to the engine is gone: what was asked cannot be answered any more. */
  lose(): void {
    for (const { settle } of [...this.#waiting.values()]) settle('lost')
  }

  get size(): number {
    return this.#waiting.size
  }

  #answered({ subject, data, isNoResponders }: EngineMessage): void {
    const waiting = this.#waiting.get(lastPart(subject))
    // Its deadline has passed, or others have answered before.
    if (waiting === undefined) return
    if (isNoResponders) return waiting.settle('nobody')
    const reply = readReply(data)
    if (reply === undefined) return this.#onIgnored()
    if (waiting.replies.length < REPLIES_MAX) waiting.replies.push(reply)
    if (waiting.gatherMs === 0 && reply.kind !== 'moved') return waiting.settle(waiting.replies)
    if (waiting.replies.length > 1) return
    waiting.cancel()
    // Where a token has moved, both nodes may have been asked.
    const gatherMs = waiting.gatherMs || MOVED_MS
    waiting.cancel = this.#clock.after(gatherMs, () => waiting.settle(waiting.replies))
  }
}
