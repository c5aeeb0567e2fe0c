import { inBackground } from '../../lib/background.ts'
import type { Directory } from '../directory.ts'
import type { Registrant } from '../registrant.ts'
import type { Resolution } from '../resolution.ts'
import type { Claims } from './claims.ts'
import type { Engine } from './engine.ts'
import { findingOf } from './finding.ts'
import type { Holding } from './holdings.ts'
import type { LocalRegistrants } from './local-registrants.ts'

/** As many questions are answered at a time: each node asks about a token once at a time. */
const WAITING_MAX = 20_000

const MOVED = JSON.stringify({ kind: 'moved' })

export interface AnswersOptions {
  readonly engine: Pick<Engine, 'publish'>
  readonly claims: Pick<Claims<Registrant>, 'holdings' | 'sure' | 'counts'>
  readonly local: Pick<LocalRegistrants<Registrant>, 'count'>
  /** Of the registrants of this process. */
  readonly directory: Directory
}

/** Answers questions of other nodes, and of this one where it asks all. */
export class Answers {
  readonly #options: AnswersOptions
  #waiting = 0

  constructor(options: AnswersOptions) {
    this.#options = options
  }

  /**
   * @param holding undefined where the token is elsewhere by now, or nowhere
   * @returns whether it is answered
   */
  answer(holding: Holding | undefined, reply: string): boolean {
    const { engine, claims, directory } = this.#options
    if (holding === undefined) engine.publish(reply, MOVED)
    if (holding === undefined) return true
    const sure = claims.sure(holding.hash)
    const known = sure === undefined ? directory.atOnce(holding.token) : undefined
    if (known !== undefined) this.#send(holding, reply, known)
    if (known !== undefined) return true
    if (this.#waiting >= WAITING_MAX) return false
    this.#waiting += 1
    inBackground(
      this.#answerLater(holding, reply, sure).finally(() => {
        this.#waiting -= 1
      }),
    )
    return true
  }

  async #answerLater(holding: Holding, reply: string, sure: Promise<void> | undefined): Promise<void> {
    const { side } = holding
    await sure
    const answer = await this.#options.directory.later(holding.token)
    // A newer registrant may have come to another node meanwhile.
    if (holding.side === side) this.#send(holding, reply, answer)
    else this.#options.engine.publish(reply, MOVED)
  }

  #send({ hash, token }: Holding, reply: string, answer: Resolution): void {
    const { engine, claims, local } = this.#options
    const now = claims.holdings.get(hash)
    const finding = findingOf(
      answer,
      local.count(token) + (now === undefined ? 0 : claims.counts.elsewhere(now)),
    )
    if (now === undefined || finding === undefined) return engine.publish(reply, MOVED)
    engine.publish(reply, JSON.stringify({ kind: 'answer', number: now.number ?? 0, ...finding }))
  }
}
