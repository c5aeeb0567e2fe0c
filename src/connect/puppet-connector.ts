import { type Clock, deadline } from '../lib/clock.ts'
import { type Endpoint, isSameEndpoint } from '../protocol/discovery.ts'
import { isLasting, type TroubleAndReason } from './connect-trouble.ts'
import { DialError } from './dial-error.ts'
import type { ConnectEvent } from './events.ts'
import type { Finding } from './place-knowledge.ts'
import type { PuppetDialer } from './puppet-dialer.ts'
import type { PuppetFinder } from './puppet-finder.ts'
import type { RelayEnd } from './relay.ts'

export interface PuppetConnectorOptions {
  readonly id: string
  readonly finder: Pick<PuppetFinder, 'find'>
  readonly dialer: Pick<PuppetDialer, 'dial'>
  readonly clock: Clock
  /** How long a connection waits for a puppet that is away; 0: it is tried once. */
  readonly waitMs: number
  readonly onEvent: (event: ConnectEvent) => void
}

export interface ConnectedPuppet {
  readonly end: RelayEnd
  readonly endpoint: Endpoint
}

interface FailingPlace {
  readonly endpoint: Endpoint
  /** The try that is under way: why it was in vain, or undefined where the others may try. */
  trial: Promise<TroubleAndReason | undefined> | undefined
}

/** Connects to one token's puppet, wherever it is. */
export class PuppetConnector {
  readonly #options: PuppetConnectorOptions
  /** Where a connection failed last: it is tried by one at a time, and the others wait for what that one finds. */
  #failing: FailingPlace | undefined

  constructor(options: PuppetConnectorOptions) {
    this.#options = options
  }

  /**
   * Asks for the puppet's place again when a connection fails, and goes on until the wait is over where there is none; the try that is under
   * way then is the last one. Rejects with a DialError, also when `signal` aborts.
   *
   * @param isTlsBot whether the bot speaks TLS with the puppet itself
   */
  async connect(isTlsBot: boolean, signal: AbortSignal): Promise<ConnectedPuppet> {
    const { clock, finder, waitMs } = this.#options
    const untilMs = clock.now() + waitMs
    let found = await beforeAbort(finder.find(), signal)
    let result = await this.#attempt(found, isTlsBot, signal)
    if ('end' in result) return result
    const wait = deadline(clock, untilMs - clock.now(), signal)
    try {
      for (;;) {
        if (clock.now() >= untilMs || isLasting(result.code)) throw new DialError(result)
        found = await beforeAbort(finder.find(found), wait.signal, result)
        result = await this.#attempt(found, isTlsBot, signal)
        if ('end' in result) return result
      }
    } finally {
      wait.release()
    }
  }

  async #attempt(
    found: Finding,
    isTlsBot: boolean,
    signal: AbortSignal,
  ): Promise<ConnectedPuppet | TroubleAndReason> {
    if ('trouble' in found) return found.trouble
    const { endpoint } = found
    const trial = this.#failingAt(endpoint)?.trial
    const trouble = trial && (await beforeAbort(trial, signal))
    if (trouble !== undefined) return trouble
    const dial = this.#dial(endpoint, isTlsBot, signal)
    const place = this.#failingAt(endpoint)
    if (place !== undefined) {
      place.trial = dial
        .then((result) => ('end' in result || isLasting(result.code) ? undefined : result))
        .finally(() => {
          place.trial = undefined
        })
      // The one that dials gets the error itself; it must not count as unhandled here too.
      place.trial.catch(() => {})
    }
    return dial
  }

  async #dial(
    endpoint: Endpoint,
    isTlsBot: boolean,
    signal: AbortSignal,
  ): Promise<ConnectedPuppet | TroubleAndReason> {
    const { id, dialer, onEvent } = this.#options
    try {
      const end = await dialer.dial(endpoint, isTlsBot, signal)
      this.#answers(endpoint)
      return { endpoint, end }
    } catch (error) {
      if (!(error instanceof DialError)) throw error
      const { trouble } = error
      if (signal.aborted) return trouble
      onEvent({ type: 'dialFailed', id, endpoint, ...trouble })
      // What is wrong for good may be so for this bot alone, and nobody waits for it.
      if (isLasting(trouble.code)) this.#answers(endpoint)
      else this.#failing = this.#failingAt(endpoint) ?? { endpoint, trial: undefined }
      return trouble
    }
  }

  #answers(endpoint: Endpoint): void {
    if (this.#failingAt(endpoint) !== undefined) this.#failing = undefined
  }

  #failingAt(endpoint: Endpoint): FailingPlace | undefined {
    const place = this.#failing
    return place !== undefined && isSameEndpoint(place.endpoint, endpoint) ? place : undefined
  }
}

const GONE: TroubleAndReason = { code: 'UPSTREAM_FAILED', reason: 'the bot has gone away' }

/** Resolves as `promise` does; rejects with a DialError, of `trouble`, as soon as `signal` aborts. */
function beforeAbort<T>(promise: Promise<T>, signal: AbortSignal, trouble = GONE): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new DialError(trouble))
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.finally(() => signal.removeEventListener('abort', abort)).then(resolve, reject)
  })
}
