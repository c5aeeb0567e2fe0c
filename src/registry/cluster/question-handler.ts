import { inBackground } from '../../lib/background.ts'
import type { Directory } from '../directory.ts'
import type { Registrant } from '../registrant.ts'
import type { Resolution } from '../resolution.ts'
import type { AskedQuestion, Claims } from './claims.ts'
import type { Engine } from './engine.ts'
import type { Holding } from './holdings.ts'
import type { LocalRegistrants } from './local-registrants.ts'
import { NUMBER_MAX, type TokenReply } from './messages.ts'
import { encodeResolution } from './resolution-codec.ts'

/** As many questions are answered at a time: each node asks about a token once at a time. */
const WAITING_MAX = 20_000

export interface QuestionHandlerOptions {
  readonly engine: Pick<Engine, 'publish'>
  /** This node. */
  readonly node: string
  readonly claims: Pick<Claims<Registrant>, 'holdings' | 'untilHeard' | 'counts'>
  readonly local: Pick<LocalRegistrants<Registrant>, 'count'>
  /** Of the registrants of this process. */
  readonly directory: Directory
}

/** QuestionHandler questions of other nodes, and of this one where it asks all. */
export class QuestionHandler {
  readonly #options: QuestionHandlerOptions
  #waiting = 0

  constructor(options: QuestionHandlerOptions) {
    this.#options = options
  }

  /**
   * @param holding undefined where this node has nothing of the token any more
   * @returns whether it is answered
   */
  answer(holding: Holding | undefined, { isToSeveral, isLate }: AskedQuestion, reply: string): boolean {
    const { claims, directory, node } = this.#options
    if (holding === undefined || isLate) {
      this.#sayMoved(holding, reply)
      return true
    }
    const untilHeard = holding.side === 'ask' ? claims.untilHeard(holding.hash) : undefined
    const known = untilHeard === undefined ? directory.atOnce(holding.token) : undefined
    if (known !== undefined) {
      this.#send(holding, reply, known)
      return true
    }
    if (this.#waiting >= WAITING_MAX) return false
    this.#waiting += 1
    if (isToSeveral) this.#say({ kind: 'asking', node, number: holding.number ?? 0 }, reply)
    inBackground(
      this.#answerLater(holding, reply, untilHeard).finally(() => {
        this.#waiting -= 1
      }),
    )
    return true
  }

  async #answerLater(holding: Holding, reply: string, untilHeard: Promise<void> | undefined): Promise<void> {
    const { claims, directory } = this.#options
    const { side } = holding
    await untilHeard
    const answer = await directory.later(holding.token)
    // A newer registrant may have come to another node meanwhile, or the newest one of this has left.
    const isSure = side === 'fallback' || claims.untilHeard(holding.hash) === undefined
    if (holding.side === side && isSure) this.#send(holding, reply, answer)
    else this.#sayMoved(claims.holdings.get(holding.hash), reply)
  }

  #sayMoved(holding: Holding | undefined, reply: string): void {
    const number = holding?.highest ?? NUMBER_MAX
    this.#say({ kind: 'moved', node: this.#options.node, number }, reply)
  }

  #send({ hash, token }: Holding, reply: string, answer: Resolution): void {
    const { node, claims, local } = this.#options
    const now = claims.holdings.get(hash)
    const encoded = encodeResolution(
      answer,
      local.count(token) + (now === undefined ? 0 : claims.counts.elsewhere(now)),
    )
    if (now === undefined) return this.#sayMoved(now, reply)
    if (encoded === undefined) return this.#say({ kind: 'none', node }, reply)
    this.#say({ kind: 'answer', node, number: now.number ?? 0, ...encoded }, reply)
  }

  #say(what: TokenReply, reply: string): void {
    this.#options.engine.publish(reply, JSON.stringify(what))
  }
}
