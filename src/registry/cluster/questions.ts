import { inBackground } from '../../lib/background.ts'
import { afterPatience, type Cancel, type Clock } from '../../lib/clock.ts'
import type { Engine, EngineMessage } from './engine.ts'
import { type Answer, type Reply, readReply, type TokenReply } from './messages.ts'
import { Replies } from './replies.ts'
import { lastPart, type Subjects } from './subjects.ts'

/**
 * `moved`: the token is elsewhere by now, or nowhere. `none`: only nodes have it that have no registrant to which clients can be sent.
 * `nobody`: the engine says that nobody has subscribed.
 * `silence`: somebody may have, and no answer came in time. `lost`: the connection to the engine is gone.
 */
export type Outcome = Answer | Here | 'moved' | 'none' | 'nobody' | 'silence' | 'lost'

export type Here = Extract<Reply, { kind: 'here' }>

export interface QuestionOptions {
  /** In milliseconds. */
  readonly deadlineMs: number
  /** Where several nodes may answer: resolves when all have been asked, and have said what they can say at once. Default: the first answer counts. */
  readonly allAsked?: Promise<unknown> | undefined
  readonly onReply?: ((reply: TokenReply) => void) | undefined
}

/** How long an answer is waited for where one node says that the token has moved, in milliseconds. */
const MOVED_MS = 30

/**
 * A question without an answer is asked once more after so long, in milliseconds: if its node has died meanwhile, the engine says now that
 * nobody has subscribed. A registrant that is being asked is not asked twice.
 */
const ONCE_MORE_MS = 500

interface Waiting {
  readonly replies: Replies
  readonly onReply: QuestionOptions['onReply']
  readonly settle: (outcome: Outcome) => void
  isForSeveral: boolean
  cancel: Cancel
  cancelMoved: Cancel | undefined
}

/** Questions to other nodes, and their answers. */
export class Questions {
  readonly #clock: Clock
  readonly #engine: Pick<Engine, 'publish' | 'isConnected'>
  readonly #subjects: Subjects
  readonly #node: string
  readonly #onIgnored: () => void
  readonly #waiting = new Map<string, Waiting>()
  #lastRequest = 0

  constructor(
    clock: Clock,
    engine: Pick<Engine, 'publish' | 'subscribe' | 'isConnected'>,
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

  ask(subject: string, text: string, { deadlineMs, allAsked, onReply }: QuestionOptions): Promise<Outcome> {
    if (!this.#engine.isConnected) return Promise.resolve('lost')
    this.#lastRequest += 1
    const request = String(this.#lastRequest)
    return new Promise((resolve) => {
      const settle = (outcome: Outcome): void => {
        waiting.cancel()
        waiting.cancelMoved?.()
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
      const waiting: Waiting = {
        replies: new Replies(),
        onReply,
        settle,
        isForSeveral: allAsked !== undefined,
        cancel: isLong ? this.#clock.after(ONCE_MORE_MS, askOnceMore) : waitFor(deadlineMs),
        cancelMoved: undefined,
      }
      this.#waiting.set(request, waiting)
      ask()
      const conclude = async (): Promise<void> => {
        await allAsked
        waiting.isForSeveral = false
        if (this.#waiting.get(request) === waiting) this.#conclude(waiting)
      }
      inBackground(conclude())
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
    if (reply.kind === 'here') return waiting.settle(reply)
    waiting.onReply?.(reply)
    waiting.replies.add(reply)
    this.#conclude(waiting)
  }

  #conclude(waiting: Waiting): void {
    const { best } = waiting.replies
    if (waiting.isForSeveral || best === undefined || best === 'asking') return
    if (typeof best === 'object') return waiting.settle(best)
    // Where a token has moved, both nodes may have been asked.
    waiting.cancelMoved?.()
    waiting.cancelMoved = this.#clock.after(MOVED_MS, () => waiting.settle(best))
  }
}
