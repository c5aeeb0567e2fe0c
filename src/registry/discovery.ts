import { type Endpoint, formatEndpoint, formatNotRegistered } from '../wire/discovery.ts'
import type { Book } from './book.ts'
import type { DiscoveryResult } from './facts.ts'
import type { Reachability } from './reachability.ts'
import type { Registrant } from './registrant.ts'

/** The answer to a discovery. */
export interface DiscoveryAnswer {
  readonly result: DiscoveryResult
  readonly status: 200 | 404
  /** JSON. */
  readonly body: string
  /** The host that is published; `0.0.0.0` if none is. */
  readonly host: string
}

/** What it needs. */
export interface DiscoveryOptions {
  readonly book: Book<Registrant>
  /** Undefined if nobody looks whether ports open. */
  readonly reachability: Reachability | undefined
  /** Whether to say `127.0.0.1` for what cannot be opened from here, as the public registry does. */
  readonly mask: boolean
}

/** As many registrants are asked in vain for one discovery: each may take 2 s, and clients wait 10 s. */
const ASKED_IN_VAIN = 4
/** As often somebody is asked at all: registrants may come and go faster than they answer. */
const ROUNDS = 16

const NOBODY: DiscoveryAnswer = {
  result: 'not_registered',
  status: 404,
  body: formatNotRegistered(''),
  host: '0.0.0.0',
}

/** Finds out where the puppet of a token is: by the newest registrant that can say so. */
export class Discovery {
  readonly #options: DiscoveryOptions
  readonly #running = new Map<string, Promise<DiscoveryAnswer>>()

  constructor(options: DiscoveryOptions) {
    this.#options = options
  }

  /** At once where nobody has to be asked. */
  find(token: string): DiscoveryAnswer | Promise<DiscoveryAnswer> {
    const newest = this.#options.book.newest(token)
    if (newest === undefined) return NOBODY
    // Asked for once: it may expire between two looks.
    const { kept } = newest
    return kept === undefined ? this.#shared(token) : this.#found(newest, kept)
  }

  /** Discoveries that come while the same is on its way have its answer. */
  #shared(token: string): Promise<DiscoveryAnswer> {
    const running = this.#running.get(token)
    if (running !== undefined) return running
    const answer = this.#ask(token).finally(() => this.#running.delete(token))
    this.#running.set(token, answer)
    return answer
  }

  async #ask(token: string): Promise<DiscoveryAnswer> {
    const { book } = this.#options
    const inVain = new Set<Registrant>()
    let trouble = ''
    for (let round = 0; round < ROUNDS && inVain.size < ASKED_IN_VAIN; round += 1) {
      const registrant = book.newest(token, inVain)
      if (registrant === undefined) break
      const endpoint = await registrant.endpoint()
      // Nobody came or went meanwhile: else what it said is not the newest word.
      if (endpoint !== undefined && book.newest(token, inVain) === registrant) {
        return this.#found(registrant, endpoint)
      }
      if (endpoint !== undefined || !registrant.findable) continue
      inVain.add(registrant)
      trouble ||= registrant.offer.trouble || 'not to be found: the registrant does not say its port'
    }
    if (trouble === '') return NOBODY
    return { result: 'unusable', status: 404, body: formatNotRegistered(trouble), host: '0.0.0.0' }
  }

  #found(registrant: Registrant, endpoint: Endpoint): DiscoveryAnswer {
    const { reachability, mask } = this.#options
    reachability?.discovered(registrant, endpoint)
    const host = mask && reachability?.isOpen(registrant, endpoint) === false ? '127.0.0.1' : endpoint.host
    return { result: 'found', status: 200, body: formatEndpoint(endpoint, host), host }
  }
}
