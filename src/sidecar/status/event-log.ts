import type { Clock } from '../../lib/clock.ts'
import { type Log, RepeatableLines } from '../../ops/log.ts'
import { type Change, LogAggregator, type Sum } from '../../ops/log-aggregator.ts'
import type { RegistrationState, SidecarEvent } from '../events.ts'
import { GatewayLog } from './gateway-log.ts'
import { ProblemLog } from './problem-log.ts'
import { registrationLine } from './registration-log-line.ts'
import type { SidecarState } from './sidecar-state.ts'
import { StateChanges } from './state-changes.ts'

/** States that soon lead to another one, which is written. */
const TRANSIENT: ReadonlySet<RegistrationState> = new Set(['queued', 'connecting', 'open', 'closing'])

/** With more tokens than this, what happens to many of them within a second is written as a sum. */
const FEW = 10

/**
 * Turns events into log lines: one a change, with its cause and how long the state before it had lasted. Repeats are counted,
 * and written with the change that ends them. Probes and port queries are written at `trace`.
 */
export class EventLog {
  readonly #log: Log
  readonly #sidecarState: SidecarState
  readonly #changes: StateChanges
  /** Tokens of which it is written that the puppet accepts them. */
  readonly #accepted = new Set<string>()
  readonly #aggregator: LogAggregator
  #begun = false
  readonly #gateway: GatewayLog
  readonly #problems: ProblemLog
  /** A gateway may bring other tokens again and again. */
  readonly #tokenChanges: RepeatableLines

  /** @param sidecarState to which each event has been applied already */
  constructor(log: Log, clock: Clock, sidecarState: SidecarState) {
    this.#log = log
    this.#sidecarState = sidecarState
    this.#changes = new StateChanges(clock)
    this.#tokenChanges = new RepeatableLines(clock)
    this.#gateway = new GatewayLog(log, clock)
    this.#problems = new ProblemLog(log, clock, sidecarState.problems)
    this.#aggregator = new LogAggregator(clock, (sum) => this.#writeSum(sum))
  }

  /** Writes what waits to be written. */
  end(): void {
    this.#aggregator.flush()
  }

  record(event: SidecarEvent): void {
    this.#write(event)
    this.#problems.update()
  }

  #write(event: SidecarEvent): void {
    switch (event.type) {
      case 'puppet':
        return this.#puppet(event)
      case 'registration':
        return this.#registration(event)
      case 'registry':
        return this.#registry(event)
      case 'tokens':
        return this.#tokens(event)
      case 'gone':
        return this.#gone(event.id)
      case 'tokenChecked':
        return this.#tokenChecked(event)
      case 'gatewayJoined':
      case 'gatewayLeft':
      case 'gatewayPort':
      case 'gatewayRefused':
      case 'gatewayEventIgnored':
        return this.#gateway.record(event)
      case 'puppetWarnings':
      case 'source':
      case 'certificates':
      case 'openFiles':
      case 'advice':
        // They change which problems there are.
        return
      case 'draining':
        return this.#log.info({ state: 'draining' }, 'draining: withdrawing every token')
      default:
        this.#log.trace({ event }, event.type)
    }
  }

  #puppet({ health, code, reason, damping }: SidecarEvent & { type: 'puppet' }): void {
    const lasted = this.#changes.change('puppet', health, reason)
    if (lasted === undefined) return
    const fields = {
      state: health,
      ...(code === null ? {} : { code }),
      ...(reason === '' ? {} : { cause: reason }),
      ...lasted,
    }
    if (health === 'healthy')
      return this.#log.info({ ...fields, withdrawals: damping.withdrawals }, 'puppet is healthy')
    // It soon becomes one of the other two.
    if (health === 'unknown') return this.#log.debug(fields, `puppet is not healthy yet: ${reason}`)
    this.#log.warn(fields, `puppet is unhealthy: ${reason}`)
  }

  #registry(event: SidecarEvent & { type: 'registry' }): void {
    const { reachable, code, reason, attempts: attempt, retryInMs } = event
    const lasted = this.#changes.change('registry', reachable ? 'reachable' : 'unreachable', reason)
    const fields = { code, cause: reason, attempt, retryInMs: Math.round(retryInMs ?? 0), ...lasted }
    if (lasted === undefined) return
    if (reachable) return this.#log.info(lasted, 'the registry can be reached again')
    this.#log.warn(fields, `no connection to the registry: ${reason}; trying again`)
  }

  #tokens({ added, removed }: SidecarEvent & { type: 'tokens' }): void {
    // The first ones are no change.
    if (!this.#begun) {
      this.#begun = true
      return
    }
    const fields = { added: added.length, removed: removed.length }
    const text = `the tokens changed: ${added.length} added, ${removed.length} removed`
    this.#log[this.#tokenChanges.level('info')](fields, text)
  }

  #gone(token: string): void {
    this.#accepted.delete(token)
    const registered = this.#changes.stateOf(token) === 'registered'
    const lasted = this.#changes.change(token, 'gone', '')
    this.#changes.forget(token)
    const write = (): void => this.#log.info({ token, ...lasted }, 'withdrawn: it is no token any more')
    if (registered) this.#writeOrSum({ subject: token, kind: 'removed', cause: '', write })
  }

  #registration(event: SidecarEvent & { type: 'registration' }): void {
    const { id: token, state, code, reason: cause, attempts: attempt, retryInMs } = event
    if (TRANSIENT.has(state)) return this.#log.debug({ token, state, attempt }, state)
    const withdrawn = state === 'idle' || state === 'stopped'
    const before = this.#changes.stateOf(token)
    // Nothing was written before: there was nothing to withdraw.
    if (withdrawn && before === undefined) return
    const lasted = this.#changes.change(token, withdrawn ? 'withdrawn' : state, `${cause} ${event.confirmed}`)
    if (lasted === undefined) return
    const { level, kind, text, trouble } = registrationLine(event, before === 'registered')
    const fields = {
      token,
      state,
      attempt,
      ...(code === null ? {} : { code }),
      ...(cause === '' ? {} : { cause }),
      ...lasted,
      ...(retryInMs === null ? {} : { retryInMs: Math.round(retryInMs) }),
    }
    this.#writeOrSum({
      subject: token,
      kind,
      code,
      cause: trouble,
      write: () => this.#log[level](fields, text),
    })
  }

  #tokenChecked({ id: token, accepted }: SidecarEvent & { type: 'tokenChecked' }): void {
    if (!this.#sidecarState.has(token)) return
    if (accepted === null)
      return this.#log.debug({ token }, 'the puppet does not say whether it accepts this token')
    if (!accepted || this.#accepted.has(token)) return
    this.#accepted.add(token)
    const level = this.#sidecarState.size <= FEW ? 'info' : 'debug'
    this.#log[level]({ token }, 'the puppet accepts this token')
  }

  #writeOrSum(change: Change): void {
    if (this.#sidecarState.size > FEW) return this.#aggregator.add(change)
    // What happened first is written first.
    this.#aggregator.flush()
    change.write()
  }

  #writeSum({ counts, text: changes, code, cause, subjects }: Sum): void {
    const total = this.#sidecarState.size
    const registered = this.#sidecarState.count('registered')
    const text = `${changes}; now ${registered} of ${total} registered`
    const fields = { changes: counts, registered, total }
    if (cause === '') this.#log.info(fields, text)
    else
      this.#log.warn(
        { ...fields, ...(code === null ? {} : { code }), cause, tokens: subjects },
        `${text} (${cause})`,
      )
  }
}
