import { afterPatience, type Cancel, type Clock } from '../../lib/clock.ts'
import type { Engine, EngineMessage } from './engine.ts'
import { type Reply, readReply } from './replies.ts'
import { lastPart, type Subjects } from './subjects.ts'

/**
 * `nobody`: the engine says that nobody has subscribed. `silence`: somebody may have, and no answer came in time. `lost`: the connection to the
 * engine is gone.
 */
export type Outcome = Reply | 'nobody' | 'silence' | 'lost'

/**
 * A question without an answer is asked once more after so long, in milliseconds: if its node has died meanwhile, the engine says now that
 * nobody has subscribed. A registrant that is being asked is not asked twice.
 */
const ONCE_MORE_MS = 500

interface Waiting {
  readonly settle: (outcome: Outcome) => void
  cancel: Cancel
}

export interface QuestionsOptions {
  readonly clock: Clock
  readonly engine: Pick<Engine, 'publish' | 'subscribe' | 'isConnected'>
  readonly subjects: Subjects
  /** This node. */
  readonly node: string
  /** A message that is none. */
  readonly onIgnored: () => void
}

/** Questions to other nodes, and their answers. */
export class Questions {
  readonly #options: QuestionsOptions
  readonly #waiting = new Map<string, Waiting>()
  #lastRequest = 0

  constructor(options: QuestionsOptions) {
    this.#options = options
    const { engine, subjects, node } = options
    engine.subscribe(subjects.reply(node, '*'), (message) => this.#answered(message))
  }

  /** The first answer counts. */
  ask(subject: string, text: string, deadlineMs: number): Promise<Outcome> {
    const { clock, engine, subjects, node } = this.#options
    if (!engine.isConnected) return Promise.resolve('lost')
    this.#lastRequest += 1
    const request = String(this.#lastRequest)
    return new Promise((resolve) => {
      const settle = (outcome: Outcome): void => {
        waiting.cancel()
        this.#waiting.delete(request)
        resolve(outcome)
      }
      const ask = (): void => engine.publish(subject, text, subjects.reply(node, request))
      const waitFor = (ms: number): Cancel => afterPatience(clock, ms, () => settle('silence'))
      const askOnceMore = (): void => {
        waiting.cancel = waitFor(deadlineMs - ONCE_MORE_MS)
        ask()
      }
      const isLong = deadlineMs > ONCE_MORE_MS
      const waiting = {
        settle,
        cancel: isLong ? clock.after(ONCE_MORE_MS, askOnceMore) : waitFor(deadlineMs),
      }
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
    if (reply === undefined) this.#options.onIgnored()
    else waiting.settle(reply)
  }
}
