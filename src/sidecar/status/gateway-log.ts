import type { Clock } from '../../lib/clock.ts'
import type { DoorRefusal, Fact } from '../events.ts'
import type { Log } from '../../ops/log.ts'
import type { Board } from './sidecar-state.ts'
import { isForeign, otherPort, otherToken } from './gateway-problems.ts'
import { LineLimit } from './line-limit.ts'

/** The same refusal is told again after so long, in milliseconds. The metrics count all. */
const REFUSAL_AGAIN_MS = 10 * 60_000

/** What happens at the gateway's door. */
export type GatewayFact = Fact & { type: `gateway${string}` }

/** Log lines about the gateway's door. Whoever is there comes and goes as it pleases, which does not fill the log. */
export class GatewayJournal {
  readonly #log: Log
  readonly #clock: Clock
  readonly #board: Board
  readonly #limit: LineLimit
  readonly #refusedMs = new Map<DoorRefusal, number>()

  /** @param board what is true now; it hears each fact before the journal does */
  constructor(log: Log, clock: Clock, board: Board) {
    this.#log = log
    this.#clock = clock
    this.#board = board
    this.#limit = new LineLimit(clock)
  }

  tell(fact: GatewayFact): void {
    switch (fact.type) {
      case 'gatewayJoined':
        return this.#joined(fact)
      case 'gatewayLeft': {
        const level = this.#limit.levelFor('info')
        return this.#log[level](
          { token: fact.id, cause: fact.cause },
          `the gateway left its door (${fact.cause})`,
        )
      }
      case 'gatewayPort':
        return this.#port(fact)
      case 'gatewayRefused':
        return this.#refused(fact.reason, fact.from)
      case 'gatewayTold':
        return this.#log.trace('the gateway told something')
    }
  }

  #joined({ id: token, adopted }: Fact & { type: 'gatewayJoined' }): void {
    if (isForeign(this.#board, token)) {
      return this.#log[this.#limit.levelFor('error')]({ token }, `WRONG TOKEN: ${otherToken(token)}`)
    }
    const taken = adopted ? '; its token is taken over' : ''
    this.#log[this.#limit.levelFor('info')]({ token }, `the gateway is at its door${taken}`)
  }

  #port({ id: token, port, expected }: Fact & { type: 'gatewayPort' }): void {
    if (port === expected) return
    if (port === undefined) {
      const text = 'the gateway does not say on which port its puppet listens'
      return this.#log[this.#limit.levelFor('warn')]({ token }, text)
    }
    this.#log[this.#limit.levelFor('error')]({ token, port }, `WRONG PORT: ${otherPort(port, expected)}`)
  }

  #refused(cause: DoorRefusal, from: string): void {
    const nowMs = this.#clock.now()
    const toldMs = this.#refusedMs.get(cause) ?? Number.NEGATIVE_INFINITY
    const again = nowMs - toldMs >= REFUSAL_AGAIN_MS
    if (again) this.#refusedMs.set(cause, nowMs)
    const fields = { cause, ...(from === '' ? {} : { from }) }
    this.#log[again ? 'warn' : 'debug'](fields, `somebody at the gateway's door was turned away (${cause})`)
  }
}
