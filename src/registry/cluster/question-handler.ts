import { inBackground } from '../../lib/background.ts'
import type { Directory } from '../directory.ts'
import type { Registrant } from '../registrant.ts'
import type { Resolution } from '../resolution.ts'
import type { Claims } from './claims.ts'
import type { Engine } from './engine.ts'
import type { LocalRegistrants } from './local-registrants.ts'
import type { NodeQuestion } from './messages.ts'
import type { OwnToken } from './own-tokens.ts'
import type { Reply } from './replies.ts'
import { encodeResolution } from './resolution-codec.ts'
import type { Subjects } from './subjects.ts'

/** As many questions are answered at a time: each node asks about a token once at a time. */
const WAITING_MAX = 20_000

export interface QuestionHandlerOptions {
  readonly engine: Pick<Engine, 'publish'>
  readonly subjects: Subjects
  /** This node. */
  readonly node: string
  readonly claims: Pick<Claims<Registrant>, 'clock' | 'ownTokens' | 'report' | 'takeOver' | 'others'>
  readonly local: Pick<LocalRegistrants<Registrant>, 'count'>
  /** Of the registrants of this process. */
  readonly directory: Directory
  /** For how many milliseconds this node has heard what others say. */
  readonly hearsForMs: () => number
  /** It is not answered. */
  readonly onIgnored: () => void
}

/** Answers questions of other nodes, and of this one where it asks all. */
export class QuestionHandler {
  readonly #options: QuestionHandlerOptions
  #waiting = 0

  constructor(options: QuestionHandlerOptions) {
    this.#options = options
  }

  /**
   * To the holder.
   *
   * @param ownToken undefined where this node has nothing of the token any more
   */
  answerHolder(ownToken: OwnToken | undefined, reply: string): void {
    if (!this.#isReply(reply)) return
    // It was on its way when clients began to be sent elsewhere.
    if (ownToken?.subject === 'ask') this.#answer(ownToken, reply)
    else this.#say({ kind: 'moved' }, reply)
  }

  /** To this node, which has the newest registrant of all that could be asked, or the next one. */
  answerNode({ hash, number, isSecond }: NodeQuestion, reply: string): void {
    if (!this.#isReply(reply)) return
    const { claims } = this.#options
    const ownToken = claims.ownTokens.get(hash)
    if (ownToken === undefined) return this.#say({ kind: 'moved' }, reply)
    const isNone = number === 0 && ownToken.number === undefined
    if (isSecond || isNone) return this.#answer(ownToken, reply)
    const takeOver = async (): Promise<void> => {
      if (await claims.takeOver(ownToken, number)) this.#answer(ownToken, reply)
      else this.#say({ kind: 'moved' }, reply)
    }
    this.#whileWaiting(takeOver)
  }

  answerRollCall(hashes: readonly string[], reply: string): void {
    if (!this.#isReply(reply)) return
    const { claims, hearsForMs } = this.#options
    const has = hashes.flatMap((hash) => claims.report(hash) ?? [])
    const gaveUp = hashes.filter((hash) => claims.ownTokens.gaveUp(hash))
    this.#say({ kind: 'here', hearsForMs: hearsForMs(), has, gaveUp, ...claims.clock.said }, reply)
  }

  #answer(ownToken: OwnToken, reply: string): void {
    const known = this.#options.directory.atOnce(ownToken.token)
    if (known !== undefined) return this.#send(ownToken, reply, known)
    this.#whileWaiting(() => this.#answerLater(ownToken, reply))
  }

  #whileWaiting(answer: () => Promise<void>): void {
    if (this.#waiting >= WAITING_MAX) return this.#options.onIgnored()
    this.#waiting += 1
    inBackground(
      answer().finally(() => {
        this.#waiting -= 1
      }),
    )
  }

  async #answerLater(ownToken: OwnToken, reply: string): Promise<void> {
    const { claims, directory } = this.#options
    const before = this.#stateOf(ownToken)
    const answer = await directory.later(ownToken.token)
    // A newer registrant may have come to another node meanwhile, or the newest one of this has left.
    const isStill = claims.ownTokens.get(ownToken.hash) === ownToken && this.#stateOf(ownToken) === before
    if (isStill) this.#send(ownToken, reply, answer)
    else this.#say({ kind: 'moved' }, reply)
  }

  /** A fallback's answer counts only while nothing is new, there or elsewhere. */
  #stateOf(ownToken: OwnToken): string {
    const [rival] = this.#options.claims.others.claims(ownToken)
    return ownToken.subject === 'ask' ? 'ask' : `${ownToken.number} ${rival?.number}`
  }

  #send(ownToken: OwnToken, reply: string, answer: Resolution): void {
    const { node, claims, local } = this.#options
    const registrants = local.count(ownToken.token) + claims.others.count(ownToken)
    const encoded = encodeResolution(answer, registrants)
    this.#say(encoded === undefined ? { kind: 'none' } : { kind: 'answer', node, ...encoded }, reply)
  }

  /** Whoever asks could have it sent anywhere. */
  #isReply(reply: string): boolean {
    const { subjects, onIgnored } = this.#options
    const isReply = subjects.isReply(reply)
    if (!isReply) onIgnored()
    return isReply
  }

  #say(what: Reply, reply: string): void {
    this.#options.engine.publish(reply, JSON.stringify(what))
  }
}
