import type { Member, Members } from './members.ts'
import type { Questions } from './questions.ts'
import type { Subjects } from './subjects.ts'

/** How long a member may take to say that it is there, in milliseconds. */
const HERE_MS = 500

export interface RollCallOptions {
  readonly members: Members
  readonly questions: Questions
  readonly subjects: Subjects
  readonly onMissing: (member: Member) => void
}

/**
 * Asks all members whether they are there. Only when each has answered after a discovery came, nobody has the token: an engine that has
 * lost a member says at once that nobody has subscribed.
 */
export class RollCall {
  readonly #options: RollCallOptions
  #running: Promise<boolean> | undefined
  #next: Promise<boolean> | undefined

  constructor(options: RollCallOptions) {
    this.#options = options
  }

  /** Whether all are there. Discoveries that come while one runs share the next one. */
  call(): Promise<boolean> {
    if (this.#running === undefined) return this.#begin()
    this.#next ??= this.#running.then(() => {
      this.#next = undefined
      return this.#begin()
    })
    return this.#next
  }

  #begin(): Promise<boolean> {
    const running = this.#askAll().finally(() => {
      if (this.#running === running) this.#running = undefined
    })
    this.#running = running
    return running
  }

  async #askAll(): Promise<boolean> {
    const { members } = this.#options
    if (members.missing.length > 0) return false
    const answers = await Promise.all(members.all.map((member) => this.#ask(member)))
    return answers.every((isHere) => isHere)
  }

  async #ask(member: Member): Promise<boolean> {
    const { members, questions, subjects, onMissing } = this.#options
    const text = JSON.stringify({ kind: 'rollCall' })
    const outcome = await questions.ask(subjects.node(member.node), text, {
      deadlineMs: HERE_MS,
      gatherMs: 0,
    })
    if (typeof outcome === 'object') return true
    if (outcome === 'lost') return false
    // It may have said goodbye while it was asked.
    const now = members.get(member.node)
    if (now === undefined) return true
    onMissing(now)
    return false
  }
}
