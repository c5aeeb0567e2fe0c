import type { Member, Members } from './members.ts'
import type { Questions } from './questions.ts'
import type { Subjects } from './subjects.ts'

/** How long a member may take to say that it is there, in milliseconds. */
const HERE_MS = 500
/** How long one that is missing may take, in milliseconds: if it is back, it has registrants that others may have to know of. */
const BACK_MS = 30

export interface RollCallOptions {
  /** This node. */
  readonly node: string
  readonly members: Members
  readonly questions: Pick<Questions, 'ask'>
  readonly subjects: Subjects
  readonly onMissing: (member: Member) => void
}

/**
 * Asks all members whether they are there. Each answers behind all that it has said before, and has heard by then what this node has said
 * before. Only when each has answered after a discovery came, nobody has the token: an engine that has lost a member says at once that
 * nobody has subscribed.
 */
export class RollCall {
  readonly #options: RollCallOptions
  #running: Promise<string | undefined> | undefined
  #next: Promise<string | undefined> | undefined

  constructor(options: RollCallOptions) {
    this.#options = options
  }

  /**
   * Who is there, and by which connection: the same text as before if nobody has come, gone or lost its connection since. Undefined where one
   * is not there. Those who call while one runs share the next one.
   */
  call(): Promise<string | undefined> {
    if (this.#running === undefined) return this.#begin()
    this.#next ??= this.#running.then(() => {
      this.#next = undefined
      return this.#begin()
    })
    return this.#next
  }

  #begin(): Promise<string | undefined> {
    const running = this.#askAll().finally(() => {
      if (this.#running === running) this.#running = undefined
    })
    this.#running = running
    return running
  }

  async #askAll(): Promise<string | undefined> {
    const { members, node } = this.#options
    // What this node says to itself takes its way through the engine too.
    const own = this.#ask(node, HERE_MS)
    const answers = await Promise.all([own, ...members.all.map((member) => this.#askMember(member, own))])
    return answers.includes(undefined) || answers.includes('lost') ? undefined : answers.toSorted().join()
  }

  async #askMember(
    { node, missingSinceMs }: Member,
    own: Promise<string | undefined>,
  ): Promise<string | undefined> {
    const { members, onMissing } = this.#options
    const isMissing = missingSinceMs !== undefined
    const answer = await this.#ask(node, isMissing ? BACK_MS : HERE_MS)
    const now = members.get(node)
    // It has said goodbye while it was asked.
    if (now === undefined) return ''
    // A node that does not hear itself either knows nothing of others.
    if (answer === undefined && (await own) !== undefined) onMissing(now)
    // Others may not have been told yet that one is back.
    return isMissing ? undefined : answer
  }

  /** `lost`: the connection of this node is. */
  async #ask(node: string, deadlineMs: number): Promise<string | undefined> {
    const { questions, subjects } = this.#options
    const text = JSON.stringify({ kind: 'rollCall' })
    const outcome = await questions.ask(subjects.node(node), text, { deadlineMs })
    if (outcome === 'lost') return 'lost'
    return typeof outcome === 'object' && outcome.kind === 'here'
      ? `${node} ${outcome.connection}`
      : undefined
  }
}
