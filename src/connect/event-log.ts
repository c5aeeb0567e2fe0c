import type { Log } from '../ops/log.ts'
import type { ConnectEvent } from './events.ts'

/** Turns events into log lines. */
export class EventLog {
  readonly #log: Log

  constructor(log: Log) {
    this.#log = log
  }

  record(event: ConnectEvent): void {
    switch (event.type) {
      case 'failed': {
        const { id: token, code, reason } = event
        return this.#log.warn({ token, code, cause: reason }, `a bot was sent away: ${reason}`)
      }
      case 'draining':
        return this.#log.info({ connections: event.connections }, 'draining')
      default:
        return this.#log.debug(event, event.type)
    }
  }
}
