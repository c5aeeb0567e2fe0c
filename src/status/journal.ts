import type { Clock } from '../clock.ts'
import type { Fact } from '../events.ts'
import type { Log } from '../log.ts'

/** What the journal last said of something, to say only what is new. */
interface Told {
  readonly text: string
  readonly atMs: number
  /** How often the same happened since. */
  repeats: number
}

/**
 * Turns facts into log lines: one a change, with its cause and how long what it changed had lasted. What repeats itself
 * is counted and told with the change that ends it. Probes and questions are told at `trace`.
 */
export class Journal {
  readonly #log: Log
  readonly #clock: Clock
  readonly #told = new Map<string, Told>()

  constructor(log: Log, clock: Clock) {
    this.#log = log
    this.#clock = clock
  }

  tell(fact: Fact): void {
    switch (fact.type) {
      case 'puppet':
        return this.#puppet(fact)
      case 'registration':
        return this.#registration(fact)
      case 'tokenChecked':
        return this.#tokenChecked(fact)
      case 'draining':
        return this.#log.info({ state: 'draining' }, 'draining: withdrawing every token')
      default:
        this.#log.trace({ fact }, fact.type)
    }
  }

  #puppet({ health, reason, damping }: Fact & { type: 'puppet' }): void {
    const lasted = this.#change('puppet', `${health} ${reason}`)
    if (lasted === undefined) return
    const fields = { state: health, ...(reason === '' ? {} : { cause: reason }), ...lasted }
    if (health === 'healthy')
      return this.#log.info({ ...fields, withdrawals: damping.withdrawals }, 'puppet is healthy')
    this.#log.warn(fields, `puppet is ${health === 'unknown' ? 'not healthy yet' : 'unhealthy'}: ${reason}`)
  }

  #registration(fact: Fact & { type: 'registration' }): void {
    const { id: token, state, reason: cause, attempts, retryInMs } = fact
    // On the way, nothing is settled: what comes of it is the news.
    if (state === 'connecting' || state === 'open' || state === 'closing') {
      return this.#log.debug({ token, state, attempt: attempts }, state)
    }
    const withdrawn = state === 'idle' || state === 'stopped'
    const lasted = this.#change(token, withdrawn ? 'withdrawn' : `${state} ${cause} ${fact.confirmed}`)
    if (lasted === undefined) return
    const fields = { token, state, attempt: attempts, ...(cause === '' ? {} : { cause }), ...lasted }
    switch (state) {
      case 'registered':
        if (fact.confirmed) return this.#log.info(fields, 'registered')
        return this.#log.warn(
          fields,
          'registered, as it seems: the registry keeps the connection but did not confirm',
        )
      case 'waiting':
        return this.#log.warn({ ...fields, retryInMs }, `not registered: ${cause}; trying again`)
      case 'refused':
        return this.#log.error({ ...fields, retryInMs }, `refused: ${cause}; trying again every 5 minutes`)
      default:
        // Nothing was told before: there was nothing to withdraw.
        if (lasted.lastedMs !== undefined) this.#log.info(fields, 'withdrawn')
    }
  }

  #tokenChecked({ id: token, accepted }: Fact & { type: 'tokenChecked' }): void {
    if (this.#change(`accepted ${token}`, String(accepted)) === undefined) return
    if (accepted === true) return this.#log.info({ token }, 'the puppet accepts this token')
    if (accepted === null)
      return this.#log.debug({ token }, 'the puppet does not say whether it accepts this token')
    this.#log.error(
      { token, cause: 'UNAUTHENTICATED' },
      'THE PUPPET REFUSES THIS TOKEN: every client will be refused; give puppet and registrar the same token',
    )
  }

  /** Undefined if nothing is new; otherwise how long what was told before had lasted, and how often it was repeated. */
  #change(subject: string, text: string): { lastedMs?: number; repeats?: number } | undefined {
    const before = this.#told.get(subject)
    if (before?.text === text) {
      before.repeats += 1
      return undefined
    }
    const atMs = this.#clock.now()
    this.#told.set(subject, { text, atMs, repeats: 0 })
    if (before === undefined) return {}
    const lastedMs = Math.round(atMs - before.atMs)
    return before.repeats === 0 ? { lastedMs } : { lastedMs, repeats: before.repeats }
  }
}
