import type { Clock } from '../../lib/clock.ts'
import type { ClusterEvent } from '../cluster-events.ts'
import type { Directory } from '../directory.ts'
import { cannotSay, NOT_REGISTERED, type Resolution, UNSETTLED } from '../resolution.ts'
import type { Claims } from './claims.ts'
import type { NodeQuestion, TokenMessage } from './messages.ts'
import type { Outcome, Questions } from './questions.ts'
import { decodeResolution } from './resolution-codec.ts'
import type { Roll, RollEntry } from './roll.ts'
import { hashOf, type Subjects } from './subjects.ts'

/** How long the answer of another node may take, in milliseconds: its registrant has 2 s, and the engine the rest. */
const ANSWER_MS = 2500
/** So long after a discovery came, in milliseconds, nobody is asked any more: the least patient clients wait 10 s. */
const LATEST_MS = 7000
/** How long is waited where a token has moved, in milliseconds: the engine needs a moment to know where it is. */
const ASK_AGAIN_MS = 30
/** A token may move so often while it is looked for. */
const TRIES_MAX = 12
/** As many nodes are asked where the newest registrant cannot say where its puppet is. */
const SECONDS_MAX = 3

const AWAY = cannotSay('this registry has no connection to the others, which may have the token')
const SILENT = cannotSay('another registry, which may have the token, does not answer')
const MISSING = cannotSay('another registry is missing, and its registrants may be back in a moment')

const NO_RESPONDERS = { kind: 'noResponders' } as const

/** What this node knows of the cluster. */
export interface ClusterKnowledge {
  /** Whether it has not heard itself for too long. */
  readonly isCutOff: boolean
  /** Whether it has heard itself so lately that it would know of a claim of another node. */
  readonly isCertain: boolean
  /** Whether no two nodes can hold one token because they could not hear each other. */
  readonly isSettled: boolean
  /** Makes it certain, if it is not cut off. */
  makeCertain(): Promise<void>
  /** Asks all members what they have of a token. */
  rollCall(hash: string): Promise<Roll>
}

export interface ClusterDirectoryOptions {
  readonly clock: Clock
  /** This node. */
  readonly node: string
  readonly knowledge: ClusterKnowledge
  readonly claims: Pick<Claims<never>, 'isHolder'>
  readonly questions: Questions
  readonly subjects: Subjects
  /** Of the registrants of this process. */
  readonly local: Directory
  /** Whether one of them can be found. */
  readonly hasNewest: (token: string) => boolean
  /** Whether a registrant of this token that was lost may be on its way back. */
  readonly isExpected: (token: string) => boolean
  readonly emit: (event: ClusterEvent) => void
}

/** Finds the puppet of a token among the registrants of all nodes. Nothing that another node has said is kept. */
export class ClusterDirectory implements Directory {
  readonly #options: ClusterDirectoryOptions
  readonly #running = new Map<string, { readonly beganMs: number; readonly answer: Promise<Told> }>()

  constructor(options: ClusterDirectoryOptions) {
    this.#options = options
  }

  atOnce(token: string): Resolution | undefined {
    const { knowledge, claims, local, hasNewest } = this.#options
    if (knowledge.isCutOff) return hasNewest(token) ? local.atOnce(token) : AWAY
    if (!knowledge.isCertain || !knowledge.isSettled || !hasNewest(token)) return undefined
    return claims.isHolder(hashOf(token)) ? local.atOnce(token) : undefined
  }

  /**
   * Discoveries of one token share a search; but that nobody has it, or that none but an older one can be found, is said only by one that began
   * after they came: nobody says of that whether it is still so.
   */
  later(token: string, askedMs = this.#options.clock.now()): Promise<Told> {
    const running = this.#running.get(token)
    if (running === undefined) return this.#begin(token)
    if (running.beganMs >= askedMs) return running.answer
    return running.answer.then((found) => {
      const isStill = found.status !== 404 && found.isOlder !== true
      if (isStill) return found
      return this.#options.clock.now() > askedMs + LATEST_MS ? UNSETTLED : this.later(token, askedMs)
    })
  }

  #begin(token: string): Promise<Told> {
    const answer = this.#find(token).finally(() => this.#running.delete(token))
    this.#running.set(token, { beganMs: this.#options.clock.now(), answer })
    return answer
  }

  async #find(token: string): Promise<Told> {
    const { clock, local, isExpected } = this.#options
    const search = { token, hash: hashOf(token), latestMs: clock.now() + LATEST_MS }
    let waited = false
    for (let attempt = 0; attempt < TRIES_MAX && clock.now() <= search.latestMs; attempt += 1) {
      const here = await this.#findHere(search)
      if (here !== undefined) return here
      const found = await this.#findElsewhere(search)
      if (typeof found === 'object') return { ...found, waited }
      if (found === 'moved') {
        await new Promise<void>((resolve) => clock.after(ASK_AGAIN_MS, resolve))
        continue
      }
      if (waited || !isExpected(token)) return { ...(found === 'nobody' ? NOT_REGISTERED : MISSING), waited }
      waited = true
      // Who comes back here may not be the newest one by the time that it has said where its puppet is.
      await local.later(token)
    }
    return { ...UNSETTLED, waited }
  }

  /** Undefined where others have to be asked. */
  async #findHere(search: Search): Promise<Told | undefined> {
    const { token, hash } = search
    const { node, knowledge, claims, local, hasNewest } = this.#options
    if (claims.isHolder(hash)) await knowledge.makeCertain()
    if (knowledge.isCutOff)
      return hasNewest(token) ? this.#orAway(local.atOnce(token) ?? local.later(token)) : AWAY
    if (!claims.isHolder(hash) || !knowledge.isSettled) return undefined
    const answer = local.atOnce(token) ?? (await local.later(token))
    // Another node may have a newer registrant by now, or this one's has gone.
    if (answer.result === 'not_registered' || !claims.isHolder(hash)) return undefined
    return isUnusable(answer) ? this.#orSecond(search, node, answer) : answer
  }

  /** What is not here may be at another node. */
  async #orAway(own: Resolution | Promise<Resolution>): Promise<Resolution> {
    const answer = await own
    return answer.result === 'not_registered' ? AWAY : answer
  }

  async #findElsewhere(search: Search): Promise<Found> {
    const { clock, emit, knowledge } = this.#options
    const beganMs = clock.now()
    const { isSettled } = knowledge
    const holder = this.#askHolder(search)
    const found = (isSettled ? await holder : undefined) ?? (await this.#askAll(search, holder))
    const result = typeof found === 'object' ? resultOf(found) : found
    emit({ kind: 'asked', result, tookMs: clock.now() - beganMs })
    return found
  }

  /** Undefined where there is none. */
  async #askHolder(search: Search): Promise<Told | undefined> {
    const { subjects, emit } = this.#options
    const outcome = await this.#ask(subjects.ask(search.hash), { kind: 'question' })
    if (outcome === 'nobody') emit(NO_RESPONDERS)
    if (outcome === 'silence') return SILENT
    if (typeof outcome !== 'object' || outcome.kind !== 'answer') return undefined
    const answer = decodeResolution(outcome)
    return isUnusable(answer) ? this.#orSecond(search, outcome.node, answer) : answer
  }

  /**
   * Asks all what they have, and then the one that has the newest registrant.
   *
   * @param holder what one of the holders says: it counts only where there is nothing else
   */
  async #askAll(search: Search, holder: Promise<Told | undefined>): Promise<Found> {
    const { clock, knowledge } = this.#options
    const { hash } = search
    const first = await knowledge.rollCall(hash)
    const { newest, isNewestSilent, isInconclusive, isComplete } = first.isMoving
      ? await knowledge.rollCall(hash)
      : first
    if (isInconclusive) return 'moved'
    if (isNewestSilent) return SILENT
    const nobody = isComplete ? 'nobody' : 'missing'
    // A holder that is slow may have answered, though not the roll call in its time.
    if (newest === undefined) return (await holder) ?? nobody
    const beganMs = clock.now()
    const outcome = await this.#askNode(hash, newest, false)
    if (outcome === 'silence') return SILENT
    // It has left while it was asked, or was waited for in vain: another one may have come meanwhile.
    const isOver = newest.number > 0 || clock.now() - beganMs > ASK_AGAIN_MS
    if (typeof outcome === 'object' && outcome.kind === 'none' && !isOver) return nobody
    if (typeof outcome !== 'object' || outcome.kind !== 'answer') return 'moved'
    const answer = decodeResolution(outcome)
    return isUnusable(answer) ? ((await this.#orSecond(search, newest.node, answer)) ?? 'moved') : answer
  }

  /** Where the newest registrant cannot say where its puppet is, an older one at another node may. Undefined where all have to be asked again. */
  async #orSecond(
    { hash, latestMs }: Search,
    firstNode: string,
    first: Resolution,
  ): Promise<Told | undefined> {
    const { clock, knowledge } = this.#options
    const { entries } = await knowledge.rollCall(hash)
    const others = entries.filter(({ node, number }) => node !== firstNode && number > 0)
    for (const other of others.slice(0, SECONDS_MAX)) {
      if (clock.now() > latestMs) return first
      const outcome = await this.#askNode(hash, other, true)
      if (typeof outcome !== 'object') continue
      if (outcome.kind === 'moved') return undefined
      const isFound = outcome.kind === 'answer' && outcome.result === 'found'
      if (isFound) return { ...decodeResolution(outcome), isOlder: true }
    }
    return first
  }

  #askNode(hash: string, { node, report }: RollEntry, isSecond: boolean): Promise<Outcome> {
    const question = { kind: 'question', hash, number: report.number, isSecond } as const
    return this.#ask(this.#options.subjects.node(node), question)
  }

  #ask(subject: string, question: TokenMessage | NodeQuestion): Promise<Outcome> {
    return this.#options.questions.ask(subject, JSON.stringify(question), ANSWER_MS)
  }
}

interface Search {
  readonly token: string
  readonly hash: string
  /** When nobody is asked any more, by the clock. */
  readonly latestMs: number
}

interface Told extends Resolution {
  /** The newest registrant, at another node, could not say where its puppet is. */
  readonly isOlder?: boolean
}

/** `nobody`: no node has a registrant. `missing`: none that answers has one. `moved`: all have to be asked again. */
type Found = Told | 'moved' | 'nobody' | 'missing'

/** Other nodes never say that nobody is registered. */
function resultOf({ result }: Resolution): 'found' | 'unusable' | 'refused' {
  return result === 'not_registered' ? 'refused' : result
}

function isUnusable({ result }: Resolution): boolean {
  return result === 'unusable'
}
