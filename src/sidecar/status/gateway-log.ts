import type { Clock } from '../../lib/clock.ts'
import { type Log, RepeatableLines } from '../../ops/log.ts'
import type { GatewayRefusal, SidecarEvent } from '../events.ts'

/** The same refusal is a warning again after so long, in milliseconds. The metrics count all. */
const REFUSAL_INTERVAL_MS = 10 * 60_000

type GatewayEvent = SidecarEvent & { type: `gateway${string}` }

/** Log lines about the gateway server. However often gateways come and go, that does not fill the log. */
export class GatewayLog {
  readonly #log: Log
  readonly #clock: Clock
  readonly #lines: RepeatableLines
  /** When each refusal was last written at `warn`. */
  readonly #refusedMs = new Map<GatewayRefusal, number>()

  constructor(log: Log, clock: Clock) {
    this.#log = log
    this.#clock = clock
    this.#lines = new RepeatableLines(clock)
  }

  record(event: GatewayEvent): void {
    switch (event.type) {
      case 'gatewayJoined':
        return this.#joined(event)
      case 'gatewayLeft': {
        const level = this.#lines.level('info')
        return this.#log[level]({ token: event.id, cause: event.cause }, `the gateway left (${event.cause})`)
      }
      case 'gatewayPort':
        return this.#port(event)
      case 'gatewayRefused':
        return this.#refused(event.reason, event.from)
      case 'gatewayEventIgnored':
        return this.#log.trace('the gateway sent an event, which is ignored')
    }
  }

  #joined({ id: token, adopted }: SidecarEvent & { type: 'gatewayJoined' }): void {
    const taken = adopted ? '; its token is taken over' : ''
    this.#log[this.#lines.level('info')]({ token }, `the gateway has connected${taken}`)
  }

  #port({ id: token, port }: SidecarEvent & { type: 'gatewayPort' }): void {
    if (port !== undefined) return
    const text = 'the gateway does not say on which port its puppet listens'
    this.#log[this.#lines.level('warn')]({ token }, text)
  }

  #refused(cause: GatewayRefusal, from: string): void {
    const nowMs = this.#clock.now()
    const lastMs = this.#refusedMs.get(cause) ?? Number.NEGATIVE_INFINITY
    const again = nowMs - lastMs >= REFUSAL_INTERVAL_MS
    if (again) this.#refusedMs.set(cause, nowMs)
    const fields = { cause, ...(from === '' ? {} : { from }) }
    this.#log[again ? 'warn' : 'debug'](fields, `a connection to the gateway server was refused (${cause})`)
  }
}
