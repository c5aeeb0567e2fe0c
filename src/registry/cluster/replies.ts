import { isHigher } from './claim-order.ts'
import type { Answer, TokenReply } from './messages.ts'

/** As many nodes are listened to: a token has a few registrants. */
const NODES_MAX = 100

/** What nodes have said to one question so far. */
export class Replies {
  readonly #byNode = new Map<string, TokenReply>()

  /** What a node says later counts instead of what it said before. */
  add(reply: TokenReply): void {
    if (this.#byNode.size < NODES_MAX || this.#byNode.has(reply.node)) this.#byNode.set(reply.node, reply)
  }

  /**
   * The answer of the highest claim, but for those whose registrant cannot say where its puppet is, if there is another. `asking`: one that is
   * not there yet would count instead. `moved`: one that has given the token up knows of a higher claim than these: all have to be asked again.
   * `none`: nobody has a registrant that clients can be sent to. Undefined if nobody has said anything.
   */
  get best(): Answer | 'asking' | 'moved' | 'none' | undefined {
    const replies = [...this.#byNode.values()]
    const claims = replies
      .filter((reply) => reply.kind === 'answer' || reply.kind === 'asking')
      .toSorted((one, other) => (isHigher(one, other) ? -1 : 1))
    const [unusable] = claims.filter((claim) => claim.kind === 'answer')
    const decisive =
      claims.find((claim) => claim.kind === 'asking' || claim.result !== 'unusable') ?? unusable
    const known = decisive?.number ?? -1
    if (replies.some((reply) => reply.kind === 'moved' && reply.number > known)) return 'moved'
    if (decisive === undefined) return replies.length > 0 ? 'none' : undefined
    return decisive.kind === 'asking' ? 'asking' : decisive
  }
}
