import type { Clock } from '../lib/clock.ts'
import type { Endpoint } from '../protocol/discovery.ts'
import type { Envelope } from '../protocol/envelope.ts'
import { PortQuery, type PortQueryResult } from '../protocol/port-query.ts'
import type { Advertised } from './advertised-endpoint.ts'

/** How long an answer is published again, in milliseconds. It dies with its registrant, so that it is never a lie. */
const KEPT_MS = 1000
/**
 * How long a registrant may be mute when it was asked before it is pinged too, in milliseconds: those who answer are not
 * pinged for nothing, and there is time for the pong before the question ends.
 */
const PING_AFTER_MS = 500

/** What it needs. */
export interface EndpointQueryOptions {
  readonly clock: Clock
  readonly advertised: Advertised
  readonly send: (event: Envelope) => void
  readonly ping: () => void
  /** A question ended. */
  readonly onEnd: (result: PortQueryResult, tookMs: number) => void
  /** Nothing was heard since the question, not even a pong: the link may be dead. */
  readonly onMute: () => void
  /** Something was heard again. */
  readonly onHeard: () => void
}

/** Asks one registrant where its puppet is, and keeps for a moment what it said. */
export class EndpointQuery {
  readonly #options: EndpointQueryOptions
  #question: { readonly running: PortQuery; readonly endpoint: Promise<Endpoint | undefined> } | undefined
  #lastId = 0
  /**
   * What came of the last question. A failure is kept as well: without this, a registrant that never answers would be asked once
   * for every discovery.
   */
  #cachedEndpoint: { readonly endpoint: Endpoint | undefined; readonly untilMs: number } | undefined
  /** Whether anything was heard since the last question. */
  #heard = true
  #mute = false
  #ended = false

  constructor(options: EndpointQueryOptions) {
    this.#options = options
  }

  /** What was said last, if that is less than a second old. */
  get cachedEndpoint(): Endpoint | undefined {
    return this.#isFresh() ? this.lastEndpoint : undefined
  }

  /** What was said last, however long ago. */
  get lastEndpoint(): Endpoint | undefined {
    return this.#cachedEndpoint?.endpoint
  }

  /** Whether nothing was heard since the last question: who is mute is neither believed nor asked. */
  get isMute(): boolean {
    return this.#mute
  }

  /** Where the puppet is; undefined if that cannot be had, or no client could use it. */
  async endpoint(): Promise<Endpoint | undefined> {
    const { host } = this.#options.advertised
    if (host === undefined || this.#mute) return undefined
    if (this.#isFresh()) return this.lastEndpoint
    return (this.#question ?? this.#ask(host)).endpoint
  }

  /** The registrant sent a JSON-RPC message. */
  hear(message: Record<string, unknown>): void {
    this.#question?.running.hear(message)
  }

  /** Something came from the registrant, whatever it is: its link lives. */
  heard(): void {
    this.#heard = true
    if (!this.#mute) return
    this.#mute = false
    this.#options.onHeard()
  }

  /** The registrant is gone, and what it said with it. */
  end(): void {
    this.#ended = true
    this.#cachedEndpoint = undefined
    this.#question?.running.abandon()
  }

  #isFresh(): boolean {
    return this.#cachedEndpoint !== undefined && this.#options.clock.now() < this.#cachedEndpoint.untilMs
  }

  #ask(host: string): { running: PortQuery; endpoint: Promise<Endpoint | undefined> } {
    const { clock, advertised, send, ping, onEnd, onMute } = this.#options
    const askedMs = clock.now()
    let resolve: (endpoint: Endpoint | undefined) => void
    const endpoint = new Promise<Endpoint | undefined>((done) => {
      resolve = done
    })
    this.#lastId += 2
    this.#heard = false
    const cancelPing = clock.after(PING_AFTER_MS, ping)
    const running = new PortQuery({
      id: this.#lastId,
      clock,
      send,
      onEnd: (result, lastEndpoint) => {
        cancelPing()
        this.#question = undefined
        onEnd(result, clock.now() - askedMs)
        this.#mute = result === 'timeout' && !this.#heard
        if (this.#mute) onMute()
        resolve(
          this.#mute || result === 'left' ? undefined : this.#keep(host, lastEndpoint ?? advertised.port),
        )
      },
    })
    this.#question = { running, endpoint }
    // It may have left while it was asked.
    if (this.#ended) running.abandon()
    return { running, endpoint }
  }

  #keep(host: string, port: number | undefined): Endpoint | undefined {
    const endpoint = port === undefined ? undefined : { host, port }
    this.#cachedEndpoint = { endpoint, untilMs: this.#options.clock.now() + KEPT_MS }
    return endpoint
  }
}
