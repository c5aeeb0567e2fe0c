import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../ops/log.ts'
import type { GatewayRefusal, SidecarEvent } from '../events.ts'
import { isForeign, otherPort, otherToken } from './gateway-problems.ts'
import { LogRateLimit } from './line-limit.ts'
import type { SidecarState } from './sidecar-state.ts'

/** The same refusal is told again after so long, in milliseconds. The metrics count all. */
const REFUSAL_AGAIN_MS = 10 * 60_000

/** What happens at the gateway's door. */
export type GatewayFact = SidecarEvent & { type: `gateway${string}` }

/** Log lines about the gateway's door. Whoever is there comes and goes as it pleases, which does not fill the log. */
export class GatewayLog {
  readonly #log: Log
  readonly #clock: Clock
  readonly #sidecarState: SidecarState
  readonly #limit: LogRateLimit
  readonly #refusedMs = new Map<GatewayRefusal, number>()

  /** @param sidecar state what is true now; it hears each event before the event log does */
  constructor(log: Log, clock: Clock, sidecarState: SidecarState) {
    this.#log = log
    this.#clock = clock
    this.#sidecarState = sidecarState
    this.#limit = new LogRateLimit(clock)
  }

  record(event: GatewayFact): void {
    switch (event.type) {
      case 'gatewayJoined':
        return this.#joined(event)
      case 'gatewayLeft': {
        const level = this.#limit.levelFor('info')
        return this.#log[level](
          { token: event.id, cause: event.cause },
          `the gateway left its door (${event.cause})`,
        )
      }
      case 'gatewayPort':
        return this.#port(event)
      case 'gatewayRefused':
        return this.#refused(event.reason, event.from)
      case 'gatewayTold':
        return this.#log.trace('the gateway told something')
    }
  }

  #joined({ id: token, adopted }: SidecarEvent & { type: 'gatewayJoined' }): void {
    if (isForeign(this.#sidecarState, token)) {
      return this.#log[this.#limit.levelFor('error')]({ token }, `WRONG TOKEN: ${otherToken(token)}`)
    }
    const taken = adopted ? '; its token is taken over' : ''
    this.#log[this.#limit.levelFor('info')]({ token }, `the gateway is at its door${taken}`)
  }

  #port({ id: token, port, expected }: SidecarEvent & { type: 'gatewayPort' }): void {
    if (port === expected) return
    if (port === undefined) {
      const text = 'the gateway does not say on which port its puppet listens'
      return this.#log[this.#limit.levelFor('warn')]({ token }, text)
    }
    this.#log[this.#limit.levelFor('error')]({ token, port }, `WRONG PORT: ${otherPort(port, expected)}`)
  }

  #refused(cause: GatewayRefusal, from: string): void {
    const nowMs = this.#clock.now()
    const toldMs = this.#refusedMs.get(cause) ?? Number.NEGATIVE_INFINITY
    const again = nowMs - toldMs >= REFUSAL_AGAIN_MS
    if (again) this.#refusedMs.set(cause, nowMs)
    const fields = { cause, ...(from === '' ? {} : { from }) }
    this.#log[again ? 'warn' : 'debug'](fields, `somebody at the gateway's door was turned away (${cause})`)
  }
}
