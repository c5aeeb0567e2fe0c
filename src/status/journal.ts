import type { Clock } from '../clock.ts'
import type { Fact } from '../events.ts'
import type { Log } from '../log.ts'

/** What the journal has said of something since it got into its state, to say only what is new. */
interface Told {
  readonly state: string
  readonly sinceMs: number
  readonly causes: Set<string>
  /** How often something was told again. */
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
    const lasted = this.#change('puppet', health, reason)
    if (lasted === undefined) return
    const fields = { state: health, ...(reason === '' ? {} : { cause: reason }), ...lasted }
    if (health === 'healthy')
      return this.#log.info({ ...fields, withdrawals: damping.withdrawals }, 'puppet is healthy')
    // Not a verdict yet, and a verdict follows soon.
    if (health === 'unknown') return this.#log.debug(fields, `puppet is not healthy yet: ${reason}`)
    this.#log.warn(fields, `puppet is unhealthy: ${reason}`)
  }

  #registration(fact: Fact & { type: 'registration' }): void {
    const { id: token, state, reason: cause, attempts } = fact
    const retryInMs = Math.round(fact.retryInMs ?? 0)
    // On the way, nothing is settled: what comes of it is the news.
    if (state === 'connecting' || state === 'open' || state === 'closing') {
      return this.#log.debug({ token, state, attempt: attempts }, state)
    }
    const withdrawn = state === 'idle' || state === 'stopped'
    const wasRegistered = this.#told.get(token)?.state === 'registered'
    const told = withdrawn ? 'withdrawn' : state
    const lasted = this.#change(token, told, `${cause} ${fact.confirmed}`)
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
        if (lasted.lastedMs === undefined) return
        return this.#log.info(fields, wasRegistered ? 'withdrawn' : 'not trying any more')
    }
  }

  #tokenChecked({ id: token, accepted }: Fact & { type: 'tokenChecked' }): void {
    if (this.#change(`accepted ${token}`, String(accepted), '') === undefined) return
    if (accepted === true) return this.#log.info({ token }, 'the puppet accepts this token')
    if (accepted === null)
      return this.#log.debug({ token }, 'the puppet does not say whether it accepts this token')
    this.#log.error(
      { token, cause: 'UNAUTHENTICATED' },
      'THE PUPPET REFUSES THIS TOKEN: every client will be refused; give puppet and registrar the same token',
    )
  }

  /**
   * Undefined if nothing is new. Otherwise, with a change of state, how long the state before it had lasted, and how often
   * what was told in it came again. Causes that alternate are told once each.
   */
  #change(
    subject: string,
    state: string,
    cause: string,
  ): { lastedMs?: number; repeats?: number } | undefined {
    const before = this.#told.get(subject)
    if (before?.state === state) {
      if (before.causes.has(cause)) {
        before.repeats += 1
        return undefined
      }
      before.causes.add(cause)
      return {}
    }
    const sinceMs = this.#clock.now()
    this.#told.set(subject, { state, sinceMs, causes: new Set([cause]), repeats: 0 })
    if (before === undefined) return {}
    const lastedMs = Math.round(sinceMs - before.sinceMs)
    return before.repeats === 0 ? { lastedMs } : { lastedMs, repeats: before.repeats }
  }
}
