import type { Clock } from '../lib/clock.ts'
import type { Endpoint } from '../protocol/discovery.ts'

/** How long an answer is published again, in milliseconds. It is forgotten when its registrant leaves, so that it is never false. */
const FRESH_MS = 1000

/** What a registrant answered last when it was asked for its port: discoveries of the next second are answered from it. */
export class EndpointCache {
  readonly #clock: Clock
  /** The last answer, however old it is. */
  last: Endpoint | undefined
  #freshUntilMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether the last answer is less than a second old. */
  get isFresh(): boolean {
    return this.#clock.now() < this.#freshUntilMs
  }

  /**
   * @param endpoint undefined for a failure, which is kept as well: without this, a registrant that never answers would be asked
   * once for every discovery
   */
  store(endpoint: Endpoint | undefined): void {
    this.last = endpoint
    this.#freshUntilMs = Math.floor(this.#clock.now()) + FRESH_MS
  }

  clear(): void {
    this.last = undefined
    this.#freshUntilMs = 0
  }
}
