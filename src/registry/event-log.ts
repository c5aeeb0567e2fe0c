import { assertNever } from '../lib/assert-never.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../ops/log.ts'
import { LogAggregator, type Sum } from '../ops/log-aggregator.ts'
import { expiryTrouble } from './certificate-expiry.ts'
import { ClusterLog } from './cluster-log.ts'
import { LEAVE_REASONS, type ListChange, type RegistryEvent } from './events.ts'
import type { RefusalReason } from './refusals.ts'
import { REGISTRANT_REMEDIES } from './registrant-trouble.ts'

const REFUSAL_REASONS: Readonly<Record<RefusalReason, string>> = {
  path: 'it asked for another path',
  token: 'it gave no token',
  length: 'its token is too long',
  list: 'its token is not on the list',
  rate: 'too many came in this second from its address (REGISTRY_UPGRADE_RATE)',
  per_address: 'its address has others already (REGISTRY_MAX_REGISTRANTS_PER_ADDRESS)',
  full: 'no room is left (REGISTRY_MAX_REGISTRANTS, or the limit on open files)',
  busy: 'more come than can be served',
  draining: 'the registry ends',
}

/** Turns events into log lines: one a change, and a sum where there are many in a second. Discoveries are logged at `trace`. */
export class EventLog {
  readonly #log: Log
  readonly #clock: Clock
  readonly #changes: LogAggregator
  /** Apart from the others, which a sum names by their tokens: these are named by addresses. */
  readonly #refusals: LogAggregator

  readonly #cluster: ClusterLog

  constructor(log: Log, clock: Clock) {
    this.#log = log
    this.#clock = clock
    this.#cluster = new ClusterLog(this.#log, clock)
    this.#changes = new LogAggregator(clock, (sum) => this.#writeSum(sum))
    this.#refusals = new LogAggregator(clock, (sum) => this.#writeSum(sum))
  }

  /** Logs what is still being gathered. */
  end(): void {
    this.#changes.flush()
    this.#refusals.flush()
    this.#cluster.end()
  }

  record(event: RegistryEvent): void {
    switch (event.type) {
      case 'joined':
        return this.#joined(event)
      case 'left':
        return this.#left(event)
      case 'shared':
        return this.#shared(event)
      case 'alone':
        return this.#alone(event)
      case 'heard':
        return this.#heard(event)
      case 'refused':
        return this.#refused(event)
      case 'reachability':
        return this.#reachability(event)
      case 'addressUnverified':
        return this.#log.warn(
          { address: event.address },
          'somebody there says in X-Forwarded-For that registrants come from elsewhere; if it is your proxy, name it in REGISTRY_TRUST_PROXY',
        )
      case 'certificate':
        return this.#certificate(event)
      case 'list':
        return this.#list(event)
      case 'cluster':
        return this.#cluster.record(event.event)
      case 'draining':
        return this.#log.info({ registrants: event.registrants }, 'draining: sending every registrant away')
      case 'discovered':
      case 'asked':
        return this.#log.trace(event, event.type)
      default:
        assertNever(event)
    }
  }

  #joined({ id: token, address, trouble, isClient }: RegistryEvent & { type: 'joined' }): void {
    if (isClient) return this.#log.debug({ token, address }, 'connected only to ask: it is no registrant')
    const write = (): void => {
      if (trouble === '') this.#log.info({ token, address }, 'registered')
      else this.#log.warn({ token, address, cause: trouble }, `connected, but ${trouble}`)
    }
    this.#changes.add({ subject: token, kind: 'registered', cause: trouble, write })
  }

  #left({ id: token, cause, lastedMs }: RegistryEvent & { type: 'left' }): void {
    const { reason, isTrouble } = LEAVE_REASONS[cause]
    const fields = { token, cause, lastedMs: Math.round(lastedMs) }
    const write = (): void => this.#log[isTrouble ? 'warn' : 'info'](fields, `left: ${reason}`)
    this.#changes.add({ subject: token, kind: 'left', cause: isTrouble ? reason : '', write })
  }

  #shared({ id: token, addresses }: RegistryEvent & { type: 'shared' }): void {
    const text =
      'several registrants have this token, and only the newest is asked: is it given to two sidecars, or known to a stranger?'
    const write = (): void => this.#log.warn({ token, addresses }, text)
    this.#changes.add({ subject: token, kind: 'shared', cause: 'several registrants have one token', write })
  }

  #alone({ id: token, lastedMs }: RegistryEvent & { type: 'alone' }): void {
    const fields = { token, lastedMs: Math.round(lastedMs) }
    const write = (): void => this.#log.info(fields, 'this token has no more than one registrant again')
    this.#changes.add({ subject: token, kind: 'alone', cause: '', write })
  }

  #heard({ id: token, isHeard }: RegistryEvent & { type: 'heard' }): void {
    const cause = isHeard ? '' : 'nothing is heard of registrants that were asked for their ports'
    const write = (): void => {
      if (isHeard) this.#log.info({ token }, 'the registrant of this token is heard of again')
      else
        this.#log.warn(
          { token, code: 'REGISTRANT_SILENT', remedy: REGISTRANT_REMEDIES.REGISTRANT_SILENT },
          'nothing is heard of a registrant of this token since it was asked for its port: clients are not sent to it',
        )
    }
    this.#changes.add({ subject: token, kind: isHeard ? 'heard' : 'unheard', cause, write })
  }

  #refused({ reason, address }: RegistryEvent & { type: 'refused' }): void {
    const cause = REFUSAL_REASONS[reason]
    const write = (): void => this.#log.warn({ cause: reason, address }, `refused a registrant: ${cause}`)
    this.#refusals.add({ subject: address, kind: 'refused', cause, write })
  }

  #reachability({ endpoint: place, open, reason }: RegistryEvent & { type: 'reachability' }): void {
    const write = (): void => {
      if (open) this.#log.info({ place }, `${place} can be opened from here again`)
      else this.#log.warn({ place, cause: reason }, `${place} cannot be opened from here: ${reason}`)
    }
    this.#changes.add({ subject: place, kind: open ? 'reachable' : 'unreachable', cause: reason, write })
  }

  #certificate({ expires, problem, code }: RegistryEvent & { type: 'certificate' }): void {
    const fields = { expires: expires.toISOString() }
    if (problem !== '') {
      return this.#log.error(
        { ...fields, code, cause: problem },
        `${problem}; the one before it stays in use`,
      )
    }
    const trouble = expiryTrouble(expires, this.#clock.date())
    if (trouble === undefined) return this.#log.info(fields, 'the certificate is in use')
    const level = trouble.code === 'CERTIFICATE_EXPIRED' ? 'error' : 'warn'
    this.#log[level]({ ...fields, code: trouble.code }, trouble.text)
  }

  #list(change: ListChange): void {
    switch (change.kind) {
      case 'changed':
        return this.#log.info({ tokens: change.tokens }, 'the list of tokens changed')
      case 'kept': {
        const cause = change.problems.map(({ message }) => message).join('; ')
        return this.#log.error(
          { code: change.problems[0]?.code, cause },
          `the list stays as it is, because of its file: ${cause}`,
        )
      }
      case 'mended':
        return this.#log.info('the list can be read again')
    }
  }

  #writeSum({ counts, text, cause, subjects }: Sum): void {
    if (cause === '') this.#log.info(counts, text)
    else this.#log.warn({ ...counts, cause, of: subjects }, `${text}: ${cause}`)
  }
}
