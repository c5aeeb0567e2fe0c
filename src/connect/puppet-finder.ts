import { discover } from '../client/discover.ts'
import { type Clock, withTimeLimit } from '../lib/clock.ts'
import type { Transport } from '../net/transport.ts'
import type { DiscoveryAnswer, Endpoint } from '../protocol/discovery.ts'
import type { TroubleAndReason } from './connect-trouble.ts'
import type { ConnectEvent } from './events.ts'

/** Where the puppet is, or why that is not known. */
export type Finding = { readonly endpoint: Endpoint } | { readonly trouble: TroubleAndReason }

export interface PuppetFinderOptions {
  readonly token: string
  /** The token's public name. */
  readonly id: string
  /** The registry's base URL. */
  readonly registry: URL
  readonly transport: Transport
  readonly clock: Clock
  /** Whether an endpoint leads back to `connect` itself. */
  readonly leadsHere: (endpoint: Endpoint) => boolean
  readonly onEvent: (event: ConnectEvent) => void
}

/** How long an answer of the registry counts without asking again, in milliseconds: a hundred bots that connect at once are one question. */
const FRESH_MS = 1000
/** The same for "not there": those who wait for the puppet ask again soon. */
const FRESH_WITHOUT_PUPPET_MS = 250
/** How long a registry may be silent before the place is used that is known already, in milliseconds. */
const PATIENCE_MS = 1000

/** Finds the place of one token's puppet. At most one question to the registry is under way: who asks meanwhile shares it. */
export class PuppetFinder {
  readonly #options: PuppetFinderOptions
  /** The last answer of the registry that named a place: it counts while the registry cannot be asked. */
  #known: Endpoint | undefined
  #last: Finding | undefined
  #askedMs = Number.NEGATIVE_INFINITY
  #freshUntilMs = Number.NEGATIVE_INFINITY
  #underWay: Promise<Finding> | undefined

  constructor(options: PuppetFinderOptions) {
    this.#options = options
  }

  /** What was found last; undefined before the first answer. */
  get last(): Finding | undefined {
    return this.#last
  }

  /** Never rejects. */
  async find(): Promise<Finding> {
    const { clock } = this.#options
    if (this.#last !== undefined && clock.now() < this.#freshUntilMs) return this.#last
    this.#underWay ??= this.#ask().finally(() => {
      this.#underWay = undefined
    })
    if (this.#known === undefined) return this.#underWay
    return (await withTimeLimit(clock, PATIENCE_MS, this.#underWay)) ?? { endpoint: this.#known }
  }

  /** A connection to this place failed: the registry is asked again before the next one, though never more than four times a second. */
  doubt(endpoint: Endpoint): void {
    if (!isSame(this.#known, endpoint)) return
    this.#freshUntilMs = Math.min(this.#freshUntilMs, this.#askedMs + FRESH_WITHOUT_PUPPET_MS)
  }

  async #ask(): Promise<Finding> {
    const { clock, id, leadsHere, onEvent, registry, token, transport } = this.#options
    const startMs = clock.now()
    const answer = await discover({ registry, token, transport, clock })
    const tookMs = clock.now() - startMs
    this.#askedMs = clock.now()
    this.#freshUntilMs = this.#askedMs + (answer.kind === 'found' ? FRESH_MS : FRESH_WITHOUT_PUPPET_MS)
    if (answer.kind === 'found') {
      const endpoint = unmasked(answer)
      if (leadsHere(endpoint)) {
        const reason = `the registry leads to ${endpoint.host}:${endpoint.port}, which is connect itself`
        return this.#keep({ trouble: { code: 'DISCOVERY_LEADS_HERE', reason } }, tookMs)
      }
      onEvent({ type: 'found', id, endpoint, tookMs })
      this.#known = endpoint
      this.#last = { endpoint }
      return this.#last
    }
    if (answer.kind === 'not registered') {
      this.#known = undefined
      const words = answer.reason?.replaceAll(token, '[token]')
      const reason = `not registered at ${registry.host}${words === undefined ? '' : ` (${words})`}`
      return this.#keep({ trouble: { code: 'DISCOVERY_NOT_REGISTERED', reason } }, tookMs)
    }
    const trouble: TroubleAndReason =
      answer.kind === 'unreachable'
        ? { code: answer.code, reason: answer.reason }
        : { code: 'REGISTRY_ANSWER_INVALID', reason: `${registry.host}: ${answer.reason}` }
    const found = this.#keep({ trouble }, tookMs)
    return this.#known === undefined ? found : { endpoint: this.#known }
  }

  #keep(found: { readonly trouble: TroubleAndReason }, tookMs: number): Finding {
    this.#options.onEvent({ type: 'notFound', id: this.#options.id, ...found.trouble, tookMs })
    this.#last = this.#known === undefined ? found : { endpoint: this.#known }
    return found
  }
}

/** A registry that cannot open the port itself may say 127.0.0.1 in its place; it may be open from here, and the real address stands beside it. */
function unmasked({ endpoint, ip }: DiscoveryAnswer & { kind: 'found' }): Endpoint {
  return endpoint.host === '127.0.0.1' && ip !== undefined ? { ...endpoint, host: ip } : endpoint
}

function isSame(one: Endpoint | undefined, other: Endpoint): boolean {
  return one?.host === other.host && one.port === other.port
}
