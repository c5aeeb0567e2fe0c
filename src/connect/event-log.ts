import type { Clock } from '../lib/clock.ts'
import { hostPort } from '../net/host-port.ts'
import { type Log, RepeatableLines } from '../ops/log.ts'
import { type Change, LogAggregator, type Sum } from '../ops/log-aggregator.ts'
import type { Endpoint } from '../protocol/discovery.ts'
import type { PuppetChange } from './connect-state.ts'
import { isOfBot } from './connect-trouble.ts'
import type { ConnectEvent } from './events.ts'
import { type PuppetRecord, type Trouble, troubleOf } from './puppet-state.ts'

/** Turns events into log lines: one a change, and a sum where there are many in a second. Connections are logged at `debug`. */
export class EventLog {
  readonly #log: Log
  readonly #clock: Clock
  readonly #changes: LogAggregator
  readonly #repeated: RepeatableLines

  constructor(log: Log, clock: Clock) {
    this.#log = log
    this.#clock = clock
    this.#changes = new LogAggregator(clock, (sum) => this.#writeSum(sum))
    this.#repeated = new RepeatableLines(clock)
  }

  /** Logs what is still being gathered. */
  end(): void {
    this.#changes.flush()
  }

  record(event: ConnectEvent, change: PuppetChange | undefined): void {
    if (change !== undefined && 'id' in event) this.#puppetChanged(event.id, change)
    switch (event.type) {
      case 'failed':
        return this.#sentAway(event, change)
      case 'mismatched': {
        const { id: token, code, reason: cause } = event
        const write = (): void => this.#log[this.#repeated.level('warn')]({ token, code, cause }, cause)
        return this.#changes.add({ subject: token, kind: 'mismatched', code, cause, write })
      }
      case 'refused':
        return this.#refused(event)
      case 'draining':
        this.#changes.flush()
        return this.#log.info({ connections: event.connections }, 'draining: bots are taken no more')
      case 'file':
        return this.#file(event)
      default: {
        const { id: token, type, ...fields } = event
        return this.#log.debug({ token, ...fields }, type)
      }
    }
  }

  #puppetChanged(token: string, { before, now }: PuppetChange): void {
    const { endpoint } = now
    const trouble = troubleOf(now)
    const earlier = troubleOf(before)
    const place = nameOf(endpoint)
    const add = (kind: string, text: string, about: Partial<Trouble> = {}): void => {
      const { code, reason: cause = '' } = about
      const fields = { token, ...(place !== '' && { place }), ...(code && { code, cause }) }
      const write = (): void => this.#log[code === undefined ? 'info' : 'warn'](fields, text)
      const one: Change = { subject: token, kind, cause, write, ...(code && { code }) }
      this.#changes.add(one)
    }
    if (trouble !== undefined) {
      if (trouble.code === earlier?.code) return
      const kind = trouble === now.refusing ? 'refuses' : now.state === 'found' ? 'not reached' : 'not found'
      return add(kind, wordsOf(now, trouble), trouble)
    }
    if (earlier !== undefined) return add('back', this.#backText(before, earlier, place))
    if (place === nameOf(before.endpoint)) return
    if (before.endpoint === undefined) add('found', `puppet found at ${place}`)
    else add('moved', `puppet moved from ${nameOf(before.endpoint)} to ${place}`)
  }

  #backText(before: PuppetRecord, { sinceMs }: Trouble, place: string): string {
    const { state, endpoint, dialing, sentAway } = before
    const seconds = (this.#clock.now() - sinceMs) / 1000
    const after = `after ${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`
    const count = sentAway === 1 ? '1 bot was' : `${sentAway} bots were`
    const bots = sentAway === 0 ? '' : `; ${count} sent away meanwhile`
    if (state === 'unknown') return `puppet found at ${place} ${after}${bots}`
    if (endpoint !== undefined && nameOf(endpoint) !== place)
      return `puppet moved from ${nameOf(endpoint)} to ${place} ${after}${bots}`
    if (before.refusing !== undefined && dialing === undefined && before.asking === undefined)
      return `the puppet accepts the token ${after}${bots}`
    if (state === 'found' && dialing === undefined) return `the registry answers again ${after}${bots}`
    return `puppet back at ${place} ${after}${bots}`
  }

  /** Only the first one of a trouble has a line: the rest is counted, and told when that is over. */
  #sentAway({ id: token, code, reason }: ConnectEvent & { type: 'failed' }, change?: PuppetChange): void {
    const isFirst = change === undefined || change.now.sentAway === 1
    const level = isFirst ? this.#repeated.level('warn') : 'debug'
    const write = (): void =>
      this.#log[level]({ token, code, cause: reason }, `a bot was sent away: ${reason}`)
    if (level === 'debug') return write()
    // Whoever has the trouble is told of it by the line about the puppet.
    const kind = isOfBot(code) ? 'bots sent away' : 'sent away'
    this.#changes.add({ subject: token, kind, code, cause: reason, write })
  }

  #refused({ id: token, reason }: ConnectEvent & { type: 'refused' }): void {
    const words = reason === 'full' ? 'no room for another connection: raise ulimit -n' : 'draining'
    this.#log[this.#repeated.level('warn')]({ token, cause: reason }, `a bot was refused: ${words}`)
  }

  #file({ variable, problems }: ConnectEvent & { type: 'file' }): void {
    const [first] = problems
    if (first === undefined) return this.#log.info({ variable }, `${variable} can be used again`)
    const cause = problems.map(({ message }) => message).join('; ')
    this.#log.error(
      { variable, code: first.code, cause },
      `all stays as it was, because of ${variable}: ${cause}`,
    )
  }

  #writeSum({ counts, text, code, cause, subjects }: Sum): void {
    if (cause === '') this.#log.info(counts, text)
    else this.#log.warn({ ...counts, code, cause, of: subjects }, `${text}: ${cause}`)
  }
}

function wordsOf({ state, endpoint, dialing, asking }: PuppetRecord, { reason }: Trouble): string {
  if (state !== 'found') return `puppet not found: ${reason}`
  if (dialing !== undefined) return `puppet not reached: ${reason}`
  if (asking === undefined) return reason
  return `the registry cannot be asked; bots are led to ${nameOf(endpoint)} as before: ${reason}`
}

function nameOf(endpoint: Endpoint | undefined): string {
  return endpoint === undefined ? '' : hostPort(endpoint)
}
