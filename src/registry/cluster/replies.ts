import { isHigher } from './claim-order.ts'
import type { Answer, TokenReply } from './messages.ts'

/** As many nodes are listened to: a token has a few registrants. */
const NODES_MAX = 100

/** What nodes have said to one question so far. */
export class Replies {
  readonly #byNode = new Map<string, TokenReply>()
  /** Those that had to ask their registrant, and cannot answer: a newer one has come, or that one has left, or they are holders now. */
  readonly #inVain = new Set<string>()

  /** What a node says later counts instead of what it said before. */
  add(reply: TokenReply): void {
    const isInVain = reply.kind === 'moved' && this.#byNode.get(reply.node)?.kind === 'asking'
    if (isInVain) {
      this.#inVain.add(reply.node)
      return
    }
    if (this.#byNode.size < NODES_MAX || this.#byNode.has(reply.node)) this.#byNode.set(reply.node, reply)
  }

  /**
   * The answer of the highest claim, but for those whose registrant cannot say where its puppet is, if there is another. `asking`: one that is
   * not there yet would count instead. `moved`: nobody has the token, or who asked for that one in vain: all have to be asked again. Undefined if nobody has said anything.
   */
  get best(): Answer | 'asking' | 'moved' | undefined {
    const replies = [...this.#byNode.values()]
    const claims = replies
      .filter((reply) => reply.kind !== 'moved')
      .toSorted((one, other) => (isHigher(one, other) ? -1 : 1))
    const decisive = claims.find((claim) => claim.kind === 'asking' || claim.result !== 'unusable')
    if (decisive?.kind === 'asking') return this.#inVain.has(decisive.node) ? 'moved' : 'asking'
    const [unusable] = claims.filter((claim) => claim.kind === 'answer')
    return decisive ?? unusable ?? (replies.length > 0 ? 'moved' : undefined)
  }
}
