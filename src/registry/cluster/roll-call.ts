import { inBackground } from '../../lib/background.ts'
import { type Clock, withTimeLimit } from '../../lib/clock.ts'
import type { ClusterClock } from './cluster-clock.ts'
import { type Member, type Members, OVERDUE_MS } from './members.ts'
import { type Claim, HASHES_MAX, type NodeMessage } from './messages.ts'
import { ON_THE_WAY_MS } from './own-tokens.ts'
import type { Questions } from './questions.ts'
import type { Here } from './replies.ts'
import { INCONCLUSIVE, type Roll, type RollEntry, rollOf } from './roll.ts'
import type { Subjects } from './subjects.ts'

/** How long a member may take to say that it is there, in milliseconds. */
const HERE_MS = 500
/** How long one that is missing may take, in milliseconds: if it is back, it has registrants that others may have to know of. */
const BACK_MS = 30
/** The next roll call begins when one has taken so long, in milliseconds: whoever is slow does not hold up those who call later. */
const NEXT_MS = 30
/** So long after a node hears others again, in milliseconds, it has said all its claims again: 50,000 need 5 s. */
const REPEATED_MS = 10_000

export interface RollCallOptions {
  readonly clock: Clock
  readonly clusterClock: Pick<ClusterClock, 'now' | 'read'>
  /** This node. */
  readonly node: string
  readonly members: Members
  readonly questions: Pick<Questions, 'ask'>
  readonly subjects: Subjects
  readonly onMissing: (member: Member) => void
}

interface Called {
  readonly node: string
  /** When it was heard last, by the clock. */
  readonly heardMs: number
  /** See `SilentMember`. */
  readonly unheardUntilMs: number
  /** `left`: it has said goodbye while it was asked. `unknown`: it is not connected to the engine, or this node is not. */
  readonly said: Here | 'silence' | 'left' | 'unknown'
}

const NOTHING_HEARD = { heardMs: Number.NEGATIVE_INFINITY, unheardUntilMs: Number.NEGATIVE_INFINITY }

interface Answers {
  readonly all: readonly Called[]
  readonly tookMs: number
}

/**
 * Asks all members, and this node itself, what they have of a token. Each answers behind all claims that it has made or heard before.
 */
export class RollCall {
  readonly #options: RollCallOptions
  /** Who waits for the next ones, by token. */
  readonly #waiting = new Map<
    string,
    { readonly roll: Promise<Roll>; readonly resolve: (roll: Roll) => void }
  >()
  #isBeginning = false

  constructor(options: RollCallOptions) {
    this.#options = options
  }

  /** Those who call while one runs share the next one, for 200 tokens at a time. It waits for the one before, but not for long. */
  call(hash: string): Promise<Roll> {
    const before = this.#waiting.get(hash)
    if (before !== undefined) return before.roll
    let resolve = (_: Roll): void => {}
    const roll = new Promise<Roll>((settle) => {
      resolve = settle
    })
    this.#waiting.set(hash, { roll, resolve })
    if (!this.#isBeginning) inBackground(this.#run())
    return roll
  }

  async #run(): Promise<void> {
    this.#isBeginning = true
    // All who call in this turn go together.
    await undefined
    while (this.#waiting.size > 0) {
      const next = [...this.#waiting].slice(0, HASHES_MAX)
      for (const [hash] of next) this.#waiting.delete(hash)
      const answered = this.#askAll(next.map(([hash]) => hash)).then((answers) => {
        for (const [hash, { resolve }] of next) resolve(this.#rollOf(hash, answers))
      })
      await withTimeLimit(this.#options.clock, NEXT_MS, answered)
    }
    this.#isBeginning = false
  }

  /** Undefined where this node does not hear itself: then it knows nothing of others. */
  async #askAll(hashes: readonly string[]): Promise<Answers | undefined> {
    const { clock, members, node, onMissing } = this.#options
    const text = JSON.stringify({ kind: 'rollCall', hashes } satisfies NodeMessage)
    const beganMs = clock.now()
    const asked = members.all.map((member) => ({ member, answer: this.#ask(member.node, text) }))
    // Said last: when it is back, the engine has said whom it has lost.
    const ownAnswer = this.#ask(node, text)
    const others = await Promise.all(asked.map(({ member, answer }) => this.#hear(member, answer, ownAnswer)))
    const own = await ownAnswer
    if (typeof own !== 'object') return undefined
    for (const { node: one, said, heardMs } of others) {
      const member = members.get(one)
      // One that is slow is heard all the same.
      const isOverdue = said === 'silence' ? clock.now() - heardMs > OVERDUE_MS : heardMs < beganMs
      if (member !== undefined && typeof said !== 'object' && isOverdue) onMissing(member)
    }
    const nowMs = clock.now()
    const self = { ...NOTHING_HEARD, node, said: own }
    return { all: [self, ...others], tookMs: nowMs - beganMs }
  }

  async #hear(
    { node, missingSinceMs, appearedMs }: Member,
    answer: Promise<Called['said']>,
    ownAnswer: Promise<unknown>,
  ): Promise<Called> {
    const { clock, members } = this.#options
    const isMissing = missingSinceMs !== undefined
    if (isMissing) await ownAnswer
    const said = isMissing ? ((await withTimeLimit(clock, BACK_MS, answer)) ?? 'silence') : await answer
    const member = members.get(node)
    if (member === undefined) return { ...NOTHING_HEARD, node, said: 'left' }
    // One that was missing when it was asked, and is back, is asked by the next one.
    const { heardMs } = member
    return { node, heardMs, unheardUntilMs: appearedMs + REPEATED_MS, said }
  }

  async #ask(node: string, text: string): Promise<Here | 'silence' | 'unknown'> {
    const { questions, subjects } = this.#options
    const reply = await questions.ask(subjects.node(node), text, HERE_MS)
    if (reply === 'silence') return reply
    return typeof reply === 'object' && reply.kind === 'here' ? reply : 'unknown'
  }

  #rollOf(hash: string, answers: Answers | undefined): Roll {
    const nowMs = this.#options.clock.now()
    if (answers === undefined) return INCONCLUSIVE
    const { all, tookMs } = answers
    const here = all.flatMap(({ node, said }) => (typeof said === 'object' ? [{ node, ...said }] : []))
    const entries = here.flatMap((each) => this.#entriesOf(hash, each))
    const isComplete = all.every(({ said }) => typeof said === 'object' || said === 'left')
    // It may have come to one that was asked before, and nobody says any more that it had it.
    const isUnsaid = tookMs > ON_THE_WAY_MS || all.some(({ said }) => said === 'left')
    return rollOf({
      nowMs,
      entries,
      silent: all.filter(({ said }) => said === 'silence'),
      nodes: here.map(({ node }) => node),
      isGivenUp:
        here.some(({ gaveUp }) => gaveUp.includes(hash)) || (isComplete && entries.length === 0 && isUnsaid),
      isComplete,
    })
  }

  #entriesOf(
    hash: string,
    { node, has, hearsForMs, ...time }: Here & { readonly node: string },
  ): readonly RollEntry[] {
    const { clock, clusterClock } = this.#options
    const read = (claim: Claim): Claim => ({ ...claim, number: clusterClock.read(claim.number, time) })
    return has
      .filter((report) => report.hash === hash)
      .map((report) => {
        const { number, rivals } = report
        const wasCutOffSince = number < time.time - hearsForMs
        return {
          node,
          number: number === 0 ? 0 : read({ node, number }).number,
          report,
          rivals: rivals.map(read),
          unheardUntilMs: wasCutOffSince ? clock.now() - hearsForMs + REPEATED_MS : Number.NEGATIVE_INFINITY,
        }
      })
  }
}
