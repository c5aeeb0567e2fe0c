import type { Discovery } from '../client/discover.ts'
import { type Clock, pause, withTimeLimit } from '../lib/clock.ts'
import { hostPort } from '../net/host-port.ts'
import { retryAfterWaitMs } from '../net/retry-after.ts'
import type { Endpoint } from '../protocol/discovery.ts'
import type { ConnectEvent } from './events.ts'
import {
  AWAY_FRESH_MS,
  afterAnswer,
  afterSilence,
  type Finding,
  knownAgain,
  NOTHING_KNOWN,
  type PlaceKnowledge,
  type RegistryAnswer,
  unmasked,
} from './place-knowledge.ts'

export interface PuppetFinderOptions {
  readonly token: string
  /** The token's public name. */
  readonly id: string
  /** The registry, in words. */
  readonly registry: string
  /** Asks the registry; never rejects. */
  readonly ask: () => Promise<Discovery>
  readonly clock: Clock
  /** Whether an endpoint leads back to `connect` itself. */
  readonly leadsHere: (endpoint: Endpoint) => Promise<boolean>
  readonly onEvent: (event: ConnectEvent) => void
}

/** How long a registry that is in trouble itself is left alone, in milliseconds, unless it asks for more. */
const REGISTRY_REST_MS = 1000
/** How long a question may be under way before the place is used that is known already, in milliseconds. */
const ANSWER_WAIT_MS = 1000

const NEVER = new AbortController().signal

/**
 * Finds the place of one token's puppet. However many ask, at most one question to the registry is under way, and the next one begins 250 ms
 * after the last answer at the earliest.
 */
export class PuppetFinder {
  readonly #options: PuppetFinderOptions
  #knowledge: PlaceKnowledge = NOTHING_KNOWN
  #foundMs = Number.NEGATIVE_INFINITY
  #next: Promise<Finding> | undefined
  #question: { readonly startMs: number; readonly answered: Promise<void> } | undefined

  constructor(options: PuppetFinderOptions) {
    this.#options = options
  }

  /** What was found last; undefined before the first answer. */
  get last(): Finding | undefined {
    return this.#knowledge.last
  }

  /**
   * Never rejects.
   *
   * @param tried a finding that was of no use: a newer one is waited for
   */
  find(tried?: Finding): Promise<Finding> {
    const { last, freshUntilMs } = this.#knowledge
    if (last !== undefined && last !== tried && this.#options.clock.now() < freshUntilMs)
      return Promise.resolve(last)
    this.#next ??= this.#findNext().finally(() => {
      this.#next = undefined
    })
    return this.#next
  }

  async #findNext(): Promise<Finding> {
    const { clock } = this.#options
    const before = this.#knowledge
    const restMs = before.restUntilMs - clock.now()
    const nextMs = this.#foundMs + AWAY_FRESH_MS - clock.now()
    // While the registry is left alone, the place that is known is tried again all the same.
    const waitMs = before.known === undefined ? Math.max(restMs, nextMs) : nextMs
    if (waitMs > 0) await pause(clock, Math.min(waitMs, REGISTRY_REST_MS), NEVER)
    // A question that took long may have been answered meanwhile.
    if (this.last === before.last) {
      if (clock.now() < this.#knowledge.restUntilMs) this.#knowledge = knownAgain(this.#knowledge)
      else await this.#answer()
    }
    this.#foundMs = clock.now()
    return this.last as Finding
  }

  /** Waits for the registry's answer, but not for long where a place is known already. */
  async #answer(): Promise<void> {
    const { clock } = this.#options
    const nowMs = clock.now()
    this.#question ??= {
      startMs: nowMs,
      answered: this.#ask(nowMs).finally(() => {
        this.#question = undefined
      }),
    }
    const { answered, startMs } = this.#question
    if (this.#knowledge.known === undefined) return answered
    const leftMs = startMs + ANSWER_WAIT_MS - nowMs
    const isAnswered =
      leftMs > 0 &&
      (await withTimeLimit(
        clock,
        leftMs,
        answered.then(() => true),
      ))
    if (isAnswered !== true) this.#knowledge = afterSilence(this.#knowledge, clock.now())
  }

  async #ask(startMs: number): Promise<void> {
    const { clock, id, ask, onEvent } = this.#options
    const answer = await this.#read(await ask())
    const nowMs = clock.now()
    const tookMs = nowMs - startMs
    if (answer.kind === 'place') onEvent({ type: 'found', id, endpoint: answer.endpoint, tookMs })
    else onEvent({ type: 'notFound', id, ...answer.trouble, tookMs })
    this.#knowledge = afterAnswer(this.#knowledge, answer, nowMs)
  }

  async #read(answer: Discovery): Promise<RegistryAnswer> {
    const { registry, token, leadsHere, clock } = this.#options
    switch (answer.kind) {
      case 'found': {
        const endpoint = unmasked(answer)
        if (!(await leadsHere(endpoint))) return { kind: 'place', endpoint }
        const reason = `the registry leads to ${hostPort(endpoint)}, which is connect itself`
        return { kind: 'no place', trouble: { code: 'DISCOVERY_LEADS_HERE', reason } }
      }
      case 'not registered': {
        const words = answer.reason === undefined ? '' : ` (${answer.reason.replaceAll(token, '[token]')})`
        const reason = `not registered at ${registry}${words}`
        return { kind: 'no place', trouble: { code: 'DISCOVERY_NOT_REGISTERED', reason } }
      }
      case 'not understood': {
        const reason = `${registry}: ${answer.reason}`
        const trouble = { code: 'REGISTRY_ANSWER_INVALID', reason } as const
        return { kind: 'in trouble', trouble, restMs: REGISTRY_REST_MS }
      }
      case 'unreachable': {
        const { code, reason } = answer
        const restMs = Math.max(REGISTRY_REST_MS, retryAfterWaitMs(answer, clock.random()))
        return { kind: 'in trouble', trouble: { code, reason }, restMs }
      }
    }
  }
}
