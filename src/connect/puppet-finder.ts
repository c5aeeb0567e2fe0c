import type { Discovery } from '../client/discover.ts'
import { type Clock, pause, withTimeLimit } from '../lib/clock.ts'
import { retryAfterWaitMs } from '../net/retry-after.ts'
import type { DiscoveryAnswer, Endpoint } from '../protocol/discovery.ts'
import type { TroubleAndReason } from './connect-trouble.ts'
import type { ConnectEvent } from './events.ts'

/** Where the puppet is, or why that is not known. Each is an object of its own, so that who has tried one can wait for the next. */
export type Finding = { readonly endpoint: Endpoint } | { readonly trouble: TroubleAndReason }

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

/** How long an answer that names a place counts without asking again, in milliseconds: a hundred bots that connect at once are one question. */
const FRESH_MS = 1000
/** The pause after a finding before those who have tried it are given the next one, in milliseconds: so soon a puppet is found that comes back. */
const NEXT_MS = 250
/** How long a registry that is in trouble itself is left alone, in milliseconds, unless it asks for more. */
const REGISTRY_REST_MS = 1000
/** How long a question may be under way before the place is used that is known already, in milliseconds. */
const PATIENCE_MS = 1000

const NEVER = new AbortController().signal

/**
 * Finds the place of one token's puppet. However many ask, at most one question to the registry is under way, and the next one begins 250 ms
 * after the last answer at the earliest.
 */
export class PuppetFinder {
  readonly #options: PuppetFinderOptions
  /** The last place that the registry named: it counts while the registry cannot be asked. */
  #known: Endpoint | undefined
  #last: Finding | undefined
  #foundMs = Number.NEGATIVE_INFINITY
  #freshUntilMs = Number.NEGATIVE_INFINITY
  /** The registry is not asked before. */
  #restUntilMs = Number.NEGATIVE_INFINITY
  #next: Promise<Finding> | undefined
  #question: { readonly startMs: number; readonly answer: Promise<Finding> } | undefined

  constructor(options: PuppetFinderOptions) {
    this.#options = options
  }

  /** What was found last; undefined before the first answer. */
  get last(): Finding | undefined {
    return this.#last
  }

  /**
   * Never rejects.
   *
   * @param tried a finding that was of no use: a newer one is waited for
   */
  find(tried?: Finding): Promise<Finding> {
    const last = this.#last
    if (last !== undefined && last !== tried && this.#options.clock.now() < this.#freshUntilMs)
      return Promise.resolve(last)
    this.#next ??= this.#findNext().finally(() => {
      this.#next = undefined
    })
    return this.#next
  }

  async #findNext(): Promise<Finding> {
    const { clock } = this.#options
    const before = this.#last
    const restMs = this.#restUntilMs - clock.now()
    const nextMs = this.#foundMs + NEXT_MS - clock.now()
    // While the registry is left alone, the place that is known is tried again all the same.
    const waitMs = this.#known === undefined ? Math.max(restMs, nextMs) : nextMs
    if (waitMs > 0) await pause(clock, Math.min(waitMs, REGISTRY_REST_MS), NEVER)
    // A question that took long may have been answered meanwhile.
    const isNews = this.#last !== before
    if (!isNews) this.#last = clock.now() < this.#restUntilMs ? this.#withoutRegistry() : await this.#answer()
    this.#foundMs = clock.now()
    return this.#last as Finding
  }

  /** The registry's answer, or the place that is known already where it is long in coming. */
  async #answer(): Promise<Finding> {
    const { clock } = this.#options
    const startMs = clock.now()
    this.#question ??= {
      startMs,
      answer: this.#ask(startMs).finally(() => {
        this.#question = undefined
      }),
    }
    const { answer, startMs: sinceMs } = this.#question
    if (this.#known === undefined) return answer
    const leftMs = sinceMs + PATIENCE_MS - startMs
    const found = leftMs > 0 ? await withTimeLimit(clock, leftMs, answer) : undefined
    if (found !== undefined) return found
    this.#freshUntilMs = clock.now() + FRESH_MS
    return this.#withoutRegistry()
  }

  #withoutRegistry(): Finding {
    const last = this.#last as Finding
    return this.#known === undefined ? last : { endpoint: this.#known }
  }

  async #ask(startMs: number): Promise<Finding> {
    const { clock, id, ask, leadsHere, onEvent } = this.#options
    const answer = await ask()
    const nowMs = clock.now()
    const tookMs = nowMs - startMs
    const endpoint = answer.kind === 'found' ? unmasked(answer) : undefined
    if (endpoint !== undefined && !(await leadsHere(endpoint))) {
      onEvent({ type: 'found', id, endpoint, tookMs })
      this.#known = endpoint
      this.#freshUntilMs = nowMs + FRESH_MS
      this.#last = { endpoint }
      return this.#last
    }
    const trouble = this.#troubleIn(answer)
    onEvent({ type: 'notFound', id, ...trouble, tookMs })
    const isAnswer = answer.kind === 'found' || answer.kind === 'not registered'
    if (isAnswer) this.#known = undefined
    else this.#restUntilMs = nowMs + this.#restMs(answer)
    this.#freshUntilMs = isAnswer ? nowMs + NEXT_MS : this.#restUntilMs
    this.#last = this.#known === undefined ? { trouble } : { endpoint: this.#known }
    return this.#last
  }

  #restMs(answer: Discovery): number {
    const afterMs = answer.kind === 'unreachable' ? answer.afterMs : undefined
    return Math.max(REGISTRY_REST_MS, retryAfterWaitMs({ afterMs }, this.#options.clock.random()))
  }

  #troubleIn(answer: Discovery): TroubleAndReason {
    const { registry, token } = this.#options
    switch (answer.kind) {
      case 'found': {
        const { host, port } = unmasked(answer)
        const reason = `the registry leads to ${host}:${port}, which is connect itself`
        return { code: 'DISCOVERY_LEADS_HERE', reason }
      }
      case 'not registered': {
        const words = answer.reason === undefined ? '' : ` (${answer.reason.replaceAll(token, '[token]')})`
        return { code: 'DISCOVERY_NOT_REGISTERED', reason: `not registered at ${registry}${words}` }
      }
      case 'not understood':
        return { code: 'REGISTRY_ANSWER_INVALID', reason: `${registry}: ${answer.reason}` }
      case 'unreachable':
        return { code: answer.code, reason: answer.reason }
    }
  }
}

/** A registry that cannot open the port itself may say 127.0.0.1 in its place; it may be open from here, and the real address stands beside it. */
function unmasked({ endpoint, ip }: DiscoveryAnswer & { kind: 'found' }): Endpoint {
  return endpoint.host === '127.0.0.1' && ip !== undefined ? { ...endpoint, host: ip } : endpoint
}
