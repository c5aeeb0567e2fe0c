import type { Clock } from '../lib/clock.ts'
import type { Endpoint } from '../protocol/discovery.ts'
import type { Directory } from './directory.ts'
import type { GapWait } from './gap-wait.ts'
import type { Reachability } from './reachability/reachability.ts'
import type { Registrant } from './registrant.ts'
import type { RegistrationTable } from './registration-table.ts'
import {
  cannotSay,
  foundAt,
  NOT_REGISTERED,
  notFound,
  type Resolution,
  TOO_MANY_WAIT,
  UNSETTLED,
} from './resolution.ts'

export interface ResolverOptions {
  readonly clock: Clock
  readonly table: RegistrationTable
  readonly gapWait: GapWait
  /** Undefined if ports are not checked. */
  readonly reachability: Reachability | undefined
  /** Whether to publish `127.0.0.1` for what cannot be opened from here, as the public registry does. */
  readonly mask: boolean
}

/** As many registrants are asked in vain for one discovery: each may take 2 s, and clients wait 10 s. */
const FAILED_MAX = 4
/** As many registrants are asked at all: they may come and go faster than they answer. */
const QUERIES_MAX = 16
/**
 * So long after a discovery came, in milliseconds, no registrant is asked or waited for any more: the query that is under way takes 2 s at
 * most, so that the answer comes within 9 s. The least patient clients wait 10 s.
 */
const LATEST_MS = 7000
/**
 * Shortly after a start, discoveries that come within so many milliseconds wait together: each of them is to have its 2 s, and not
 * what is left of another one's.
 */
const TOGETHER_MS = 100

const ENDING = cannotSay('this registry is about to end')
const UNRESPONSIVE = cannotSay('the registrant of this token does not answer; it may be back in a moment')

/** Finds out where the puppet of a token is: by the newest registrant of this process that can say so. */
export class Resolver implements Directory {
  readonly #options: ResolverOptions
  /** The newest discovery under way, by token. */
  readonly #running = new Map<string, { readonly askedMs: number; readonly answer: Promise<Resolution> }>()
  #isEnding = false

  constructor(options: ResolverOptions) {
    this.#options = options
  }

  find(token: string): Resolution | Promise<Resolution> {
    return this.atOnce(token) ?? this.later(token)
  }

  /** The answer, where no registrant has to be asked, and none is expected. */
  atOnce(token: string): Resolution | undefined {
    const { table, gapWait, clock } = this.#options
    const newest = table.newest(token)
    if (newest === undefined) {
      return gapWait.untilMs(token, clock.now()) === undefined ? this.#noneFound(token) : undefined
    }
    // Read once: it may expire in between.
    const { cachedEndpoint } = newest
    return cachedEndpoint && this.#found(newest, cachedEndpoint)
  }

  /** Within 9 s. Discoveries that come while one of the same token is under way share its answer. */
  later(token: string): Promise<Resolution> {
    const { gapWait, clock } = this.#options
    const askedMs = clock.now()
    const before = this.#running.get(token)
    const isOld = gapWait.isStart && before !== undefined && askedMs - before.askedMs >= TOGETHER_MS
    if (before !== undefined && !isOld) return before.answer
    const answer = this.#resolve(token, askedMs).finally(() => {
      if (this.#running.get(token) === running) this.#running.delete(token)
    })
    const running = { askedMs, answer }
    this.#running.set(token, running)
    return answer
  }

  /** The registry ends: no registrant is waited for any more, and discoveries that wait are answered. */
  end(): void {
    this.#isEnding = true
    this.#options.gapWait.end()
  }

  /** Asks the registrants that are there, and those that come while one is expected. */
  async #resolve(token: string, askedMs: number): Promise<Resolution> {
    const { gapWait, clock } = this.#options
    const failed = new Set<Registrant>()
    let waited = false
    for (;;) {
      const answer = await this.#queryAll(token, failed, askedMs + LATEST_MS)
      const untilMs = gapWait.untilMs(token, askedMs)
      const isOver = untilMs === undefined || failed.size >= FAILED_MAX
      if (isOver && answer === NOT_REGISTERED) return { ...this.#noneFound(token), waited }
      if (answer.status !== 404 || isOver) return { ...answer, waited }
      if (clock.now() > askedMs + LATEST_MS) return { ...UNSETTLED, waited }
      if (gapWait.isFull) return { ...TOO_MANY_WAIT, waited }
      waited = true
      await gapWait.wait(token, untilMs)
    }
  }

  /** Asks the registrants that are there, the newest first, and adds those that cannot say their port to `failed`. */
  async #queryAll(token: string, failed: Set<Registrant>, latestMs: number): Promise<Resolution> {
    const { table, clock } = this.#options
    for (let query = 0; failed.size < FAILED_MAX; query += 1) {
      const registrant = table.newest(token, failed)
      if (registrant === undefined) break
      const isTooLate = query === QUERIES_MAX || clock.now() > latestMs
      if (isTooLate && troubleOf(failed) === '') return UNSETTLED
      if (isTooLate) break
      const endpoint = await registrant.endpoint()
      // If a newer one came or this one left meanwhile, its answer is not the newest one.
      if (endpoint !== undefined && table.newest(token, failed) === registrant) {
        return this.#found(registrant, endpoint)
      }
      // It left, or is unresponsive: then it is asked again when something comes from it.
      if (endpoint !== undefined || !registrant.findable) continue
      failed.add(registrant)
    }
    const trouble = troubleOf(failed)
    return trouble === '' ? NOT_REGISTERED : notFound('unusable', trouble)
  }

  /** The answer where no registrant can be asked. An unresponsive one's link may be dead, and its puppet may be alive. */
  #noneFound(token: string): Resolution {
    if (this.#isEnding) return ENDING
    const isUnresponsive = this.#options.table.of(token).some((registrant) => registrant.isUnresponsive)
    return isUnresponsive ? UNRESPONSIVE : NOT_REGISTERED
  }

  #found(registrant: Registrant, endpoint: Endpoint): Resolution {
    const { reachability, mask } = this.#options
    reachability?.discovered(registrant, endpoint)
    const isOpen = reachability?.isOpen(registrant, endpoint)
    const host = mask && isOpen === false ? '127.0.0.1' : endpoint.host
    return foundAt(host, { registrant, endpoint, isOpen }, registrant.nearby)
  }
}

/** Why none of them can be found, by the first one that is still there; empty if none is. */
function troubleOf(failed: ReadonlySet<Registrant>): string {
  for (const { findable, advertised } of failed) {
    if (findable) return advertised.trouble || 'not to be found: the registrant does not say its port'
  }
  return ''
}
