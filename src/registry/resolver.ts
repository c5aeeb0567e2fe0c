import type { Clock } from '../lib/clock.ts'
import { type Endpoint, formatEndpoint, formatNotRegistered } from '../protocol/discovery.ts'
import type { DiscoveryResult } from './events.ts'
import type { GapWait } from './gap-wait.ts'
import type { Reachability } from './reachability/reachability.ts'
import type { Registrant } from './registrant.ts'
import type { RegistrationTable } from './registration-table.ts'

/** The answer to a discovery. */
export interface DiscoveryAnswer {
  readonly result: DiscoveryResult
  /** 503 where the registry cannot say: a client takes every 4xx for "does not exist". */
  readonly status: 200 | 404 | 503
  /** JSON. */
  readonly body: string
  /** The host that is published; `0.0.0.0` if none is. */
  readonly host: string
  /** Whether it waited for a registrant to come. */
  readonly waited: boolean
}

/** What it needs. */
export interface ResolverOptions {
  readonly clock: Clock
  readonly table: RegistrationTable<Registrant>
  readonly gapWait: GapWait
  /** Undefined if nobody looks whether ports open. */
  readonly reachability: Reachability | undefined
  /** Whether to say `127.0.0.1` for what cannot be opened from here, as the public registry does. */
  readonly mask: boolean
}

/** As many registrants are asked in vain for one discovery: each may take 2 s, and clients wait 10 s. */
const ASKED_IN_VAIN = 4
/** As often somebody is asked at all: registrants may come and go faster than they answer. */
const ROUNDS = 16
/**
 * So long after a discovery came, in milliseconds, nobody is asked or waited for any more: the question that is under way takes 2 s at
 * most, so that the answer comes within 9 s. The least patient clients wait 10 s.
 */
const LATEST_MS = 7000
/**
 * Shortly after a start, those who ask within so many milliseconds wait together: each of them is to have its 2 s, and not
 * what is left of somebody else's.
 */
const TOGETHER_MS = 100

const NOBODY = notFound('not_registered', '')

/** The answer where the registry cannot say whether there is somebody. */
export function cannotSay(reason: string): DiscoveryAnswer {
  return { ...notFound('refused', reason), status: 503 }
}

const ENDING = cannotSay('this registry is about to end')
const UNHEARD = cannotSay('the registrant of this token does not answer; it may be back in a moment')
const UNSETTLED = cannotSay('registrants of this token come and go')
export const TOO_MANY_WAIT = cannotSay('too many discoveries wait')

/** Finds out where the puppet of a token is: by the newest registrant that can say so. */
export class Resolver {
  readonly #options: ResolverOptions
  readonly #running = new Map<
    string,
    { readonly askedMs: number; readonly answer: Promise<DiscoveryAnswer> }
  >()
  #ending = false

  constructor(options: ResolverOptions) {
    this.#options = options
  }

  /** At once where nobody has to be asked, and nobody is expected. */
  find(token: string): DiscoveryAnswer | Promise<DiscoveryAnswer> {
    return this.atOnce(token) ?? this.later(token)
  }

  /** The answer, where nobody has to be asked, and nobody is expected. */
  atOnce(token: string): DiscoveryAnswer | undefined {
    const { table, gapWait, clock } = this.#options
    const newest = table.newest(token)
    if (newest === undefined) {
      return gapWait.untilMs(token, clock.now()) === undefined ? this.#nobody(token) : undefined
    }
    // Asked for once: it may expire between two looks.
    const { cachedEndpoint } = newest
    return cachedEndpoint && this.#found(newest, cachedEndpoint)
  }

  /** Within 9 s. Discoveries that come while the same is on its way have its answer. */
  later(token: string): Promise<DiscoveryAnswer> {
    const { gapWait, clock } = this.#options
    const askedMs = clock.now()
    const before = this.#running.get(token)
    const isOld = gapWait.isStart && before !== undefined && askedMs - before.askedMs >= TOGETHER_MS
    if (before !== undefined && !isOld) return before.answer
    const answer = this.#ask(token, askedMs).finally(() => {
      if (this.#running.get(token) === running) this.#running.delete(token)
    })
    const running = { askedMs, answer }
    this.#running.set(token, running)
    return answer
  }

  /** Nobody is waited for from now on: the registry ends. Those who wait are told. */
  end(): void {
    this.#ending = true
    this.#options.gapWait.end()
  }

  /** Asks whoever is there, and whoever comes while somebody is expected. */
  async #ask(token: string, askedMs: number): Promise<DiscoveryAnswer> {
    const { gapWait, clock } = this.#options
    const inVain = new Set<Registrant>()
    let waited = false
    for (;;) {
      const answer = await this.#askAll(token, inVain, askedMs + LATEST_MS)
      const untilMs = gapWait.untilMs(token, askedMs)
      const isOver = untilMs === undefined || inVain.size >= ASKED_IN_VAIN
      if (isOver && answer === NOBODY) return { ...this.#nobody(token), waited }
      if (answer.status !== 404 || isOver) return { ...answer, waited }
      if (clock.now() > askedMs + LATEST_MS) return { ...UNSETTLED, waited }
      if (gapWait.isFull) return { ...TOO_MANY_WAIT, waited }
      waited = true
      await gapWait.wait(token, untilMs)
    }
  }

  /** Asks those who are there, the newest first, and adds those who cannot say to `inVain`. */
  async #askAll(token: string, inVain: Set<Registrant>, latestMs: number): Promise<DiscoveryAnswer> {
    const { table, clock } = this.#options
    for (let round = 0; inVain.size < ASKED_IN_VAIN; round += 1) {
      const registrant = table.newest(token, inVain)
      if (registrant === undefined) break
      const isTooLate = round === ROUNDS || clock.now() > latestMs
      if (isTooLate && troubleOf(inVain) === '') return UNSETTLED
      if (isTooLate) break
      const endpoint = await registrant.endpoint()
      // Nobody came or went meanwhile: else what it said is not the newest word.
      if (endpoint !== undefined && table.newest(token, inVain) === registrant) {
        return this.#found(registrant, endpoint)
      }
      // It left, or is mute: then it is asked again when something is heard of it.
      if (endpoint !== undefined || !registrant.findable) continue
      inVain.add(registrant)
    }
    const trouble = troubleOf(inVain)
    return trouble === '' ? NOBODY : notFound('unusable', trouble)
  }

  /** What is said where nobody can be asked: a mute registrant's link may be dead, and its puppet may be alive. */
  #nobody(token: string): DiscoveryAnswer {
    if (this.#ending) return ENDING
    return this.#options.table.of(token).some(({ isMute }) => isMute) ? UNHEARD : NOBODY
  }

  #found(registrant: Registrant, endpoint: Endpoint): DiscoveryAnswer {
    const { reachability, mask } = this.#options
    reachability?.discovered(registrant, endpoint)
    const host = mask && reachability?.isOpen(registrant, endpoint) === false ? '127.0.0.1' : endpoint.host
    return { result: 'found', status: 200, body: formatEndpoint(endpoint, host), host, waited: false }
  }
}

/** Why nobody of those can be found, by the first one that is still there; empty if none is. */
function troubleOf(inVain: ReadonlySet<Registrant>): string {
  for (const { findable, advertised } of inVain) {
    if (findable) return advertised.trouble || 'not to be found: the registrant does not say its port'
  }
  return ''
}

function notFound(result: DiscoveryResult, reason: string): DiscoveryAnswer {
  return { result, status: 404, body: formatNotRegistered(reason), host: '0.0.0.0', waited: false }
}
