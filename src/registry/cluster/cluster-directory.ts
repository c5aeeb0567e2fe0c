import type { Clock } from '../../lib/clock.ts'
import type { ClusterEvent } from '../cluster-events.ts'
import type { Directory } from '../directory.ts'
import { cannotSay, NOT_REGISTERED, type Resolution, UNSETTLED } from '../resolution.ts'
import type { Claims } from './claims.ts'
import type { Question } from './messages.ts'
import type { Questions } from './questions.ts'
import { decodeResolution } from './resolution-codec.ts'
import { hashOf, type Subjects } from './subjects.ts'

/** How long the answer of another node may take, in milliseconds: its registrant has 2 s, and the engine the rest. */
const ANSWER_MS = 2500
/** So long after a discovery came, in milliseconds, nobody is asked any more: the least patient clients wait 10 s. */
const LATEST_MS = 7000
/** How long is waited where a token has moved, in milliseconds: the engine needs a moment to know where it is. */
const ASK_AGAIN_MS = 30
/** A token may move so often while it is looked for. */
const TRIES_MAX = 12

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
  /** Resolves when every member has heard what this node has said until now, with who is there; undefined if one has not. See `RollCall`. */
  rollCall(): Promise<string | undefined>
}

export interface ClusterDirectoryOptions {
  readonly clock: Clock
  readonly knowledge: ClusterKnowledge
  readonly claims: Pick<Claims<never>, 'isHolder' | 'untilHeard' | 'answered'>
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
  readonly #running = new Map<string, { readonly beganMs: number; readonly answer: Promise<Resolution> }>()

  constructor(options: ClusterDirectoryOptions) {
    this.#options = options
  }

  atOnce(token: string): Resolution | undefined {
    const { knowledge, claims, local, hasNewest } = this.#options
    if (knowledge.isCutOff) return hasNewest(token) ? local.atOnce(token) : AWAY
    if (!knowledge.isCertain || !knowledge.isSettled || !hasNewest(token)) return undefined
    const hash = hashOf(token)
    return this.#isHolder(hash) && claims.untilHeard(hash) === undefined ? local.atOnce(token) : undefined
  }

  /** Discoveries of one token share a search; but that nobody has it is said only by one that began after they came. */
  later(token: string, askedMs = this.#options.clock.now()): Promise<Resolution> {
    const running = this.#running.get(token)
    if (running === undefined) return this.#begin(token)
    if (running.beganMs >= askedMs) return running.answer
    return running.answer.then((found) => {
      return found.result === 'not_registered' ? this.later(token, askedMs) : found
    })
  }

  /** Whether a node holds the token, answering or not. */
  async hasHolder(hash: string): Promise<boolean> {
    return typeof (await this.#ask('ask', hash)) === 'object'
  }

  #begin(token: string): Promise<Resolution> {
    const answer = this.#find(token).finally(() => this.#running.delete(token))
    this.#running.set(token, { beganMs: this.#options.clock.now(), answer })
    return answer
  }

  async #find(token: string): Promise<Resolution> {
    const { clock, local, isExpected } = this.#options
    const hash = hashOf(token)
    const latestMs = clock.now() + LATEST_MS
    let waited = false
    for (let attempt = 0; attempt < TRIES_MAX && clock.now() <= latestMs; attempt += 1) {
      const here = await this.#findHere(token, hash)
      if (here !== undefined) return here
      const found = await this.#findElsewhere(hash)
      if (typeof found === 'object') return { ...found, waited }
      if (found === 'moved') {
        await new Promise<void>((resolve) => clock.after(ASK_AGAIN_MS, resolve))
        continue
      }
      if (waited || !isExpected(token)) return { ...(found === 'nobody' ? NOT_REGISTERED : MISSING), waited }
      waited = true
      const back = await local.later(token)
      if (back.result === 'found') return { ...back, waited }
    }
    return { ...UNSETTLED, waited }
  }

  /** Undefined where others have to be asked. */
  async #findHere(token: string, hash: string): Promise<Resolution | undefined> {
    const { knowledge, claims, local, hasNewest } = this.#options
    if (this.#isHolder(hash)) await knowledge.makeCertain()
    await claims.untilHeard(hash)
    if (knowledge.isCutOff)
      return hasNewest(token) ? this.#orAway(local.atOnce(token) ?? local.later(token)) : AWAY
    if (!this.#isHolder(hash) || !knowledge.isSettled) return undefined
    const answer = local.atOnce(token) ?? (await local.later(token))
    // Another node may have a newer registrant by now, or this one's has gone.
    if (answer.result === 'not_registered' || !this.#isHolder(hash) || claims.untilHeard(hash))
      return undefined
    return isUnusable(answer) ? this.#orSecond(hash, answer) : answer
  }

  /** What is not here may be at another node. */
  async #orAway(own: Resolution | Promise<Resolution>): Promise<Resolution> {
    const answer = await own
    return answer.result === 'not_registered' ? AWAY : answer
  }

  async #findElsewhere(hash: string): Promise<Resolution | 'moved' | 'nobody' | 'missing'> {
    const { clock, emit } = this.#options
    const beganMs = clock.now()
    const wasHolder = this.#isHolder(hash)
    const told = await this.#askOthers(hash)
    // Its own registrant is newer than what it was told.
    const found = !wasHolder && this.#isHolder(hash) ? 'moved' : told
    const result = typeof found === 'object' ? resultOf(found) : found
    emit({ kind: 'asked', result, tookMs: clock.now() - beganMs })
    return found
  }

  /** `nobody`: no node has a registrant. `missing`: none that answers has one. */
  async #askOthers(hash: string): Promise<Resolution | 'moved' | 'nobody' | 'missing'> {
    const first = await this.#ask('ask', hash)
    if (first === 'moved') return 'moved'
    if (first !== 'nobody') return isUnusable(first) ? this.#orSecond(hash, first) : first
    const there = await this.#options.knowledge.rollCall()
    // Now every subscription is known here that a member made before it answered. Who goes from fallback to ask subscribes first: in
    // this order it is found at one of them.
    // Members are asked again behind these: one of them may have died in between, or connected again, and not subscribed to all again.
    const allAsked = this.#allAsked()
    const [fallback, holder, stillThere] = await Promise.all([
      this.#ask('fallback', hash, { allAsked }),
      this.#ask('ask', hash, { allAsked }),
      allAsked,
    ])
    // A holder that cannot answer may have a newer one than the fallbacks.
    if (typeof holder === 'object' && holder.result === 'refused') return holder
    const answer = [holder, fallback].find(isFound) ?? [holder, fallback].find((each) => each !== 'nobody')
    const isComplete = there !== undefined && stillThere !== undefined
    if (isComplete && there !== stillThere && typeof holder !== 'object') return 'moved'
    return answer ?? (isComplete ? 'nobody' : 'missing')
  }

  /** Where the newest registrant cannot say where its puppet is, an older one may. */
  async #orSecond(hash: string, first: Resolution): Promise<Resolution> {
    const second = await this.#ask('fallback', hash, { isSecond: true })
    return isFound(second) ? second : first
  }

  async #ask(
    side: 'ask' | 'fallback',
    hash: string,
    { isSecond = false, allAsked }: { isSecond?: boolean; allAsked?: Promise<unknown> } = {},
  ): Promise<Resolution | 'moved' | 'nobody'> {
    const { questions, subjects, knowledge, claims } = this.#options
    const isToSeveral = side === 'fallback' || !knowledge.isSettled
    const question: Question = { kind: 'question', isSecond, isToSeveral }
    const outcome = await questions.ask(subjects[side](hash), JSON.stringify(question), {
      deadlineMs: ANSWER_MS,
      allAsked: isToSeveral ? (allAsked ?? this.#allAsked()) : undefined,
      onReply: side === 'ask' ? (reply) => claims.answered(hash, reply) : undefined,
    })
    if (outcome === 'nobody') this.#options.emit(NO_RESPONDERS)
    if (outcome === 'nobody' || outcome === 'none') return 'nobody'
    // Without a connection this node says what it has.
    if (outcome === 'moved' || outcome === 'lost') return 'moved'
    return typeof outcome === 'object' && outcome.kind === 'answer' ? decodeResolution(outcome) : SILENT
  }

  /** Members are asked behind all questions that are being asked just now: each has had those when it answers. */
  async #allAsked(): Promise<string | undefined> {
    await undefined
    return this.#options.knowledge.rollCall()
  }

  #isHolder(hash: string): boolean {
    return this.#options.claims.isHolder(hash)
  }
}

/** Other nodes never say that nobody is registered. */
function resultOf({ result }: Resolution): 'found' | 'unusable' | 'refused' {
  return result === 'not_registered' ? 'refused' : result
}

function isUnusable({ result }: Resolution): boolean {
  return result === 'unusable'
}

function isFound(answer: Resolution | 'moved' | 'nobody'): answer is Resolution {
  return typeof answer === 'object' && answer.result === 'found'
}
