import type { Cancel, Clock } from '../lib/clock.ts'
import type { Log } from '../ops/log.ts'
import { LogAggregator, type Sum } from '../ops/log-aggregator.ts'
import type { ClusterEvent, ClusterMember, MemberChangeKind } from './cluster-events.ts'
import { CLUSTER_REMEDIES, type ClusterTrouble } from './cluster-trouble.ts'
import { isOutdated } from './nats-version.ts'

/** Each change of another registry: its line, and how it is counted where many change in one second. */
const MEMBER_WORDS = {
  came: { line: 'another registry has joined the cluster', counted: 'came' },
  appeared: { line: 'another registry of the cluster is heard', counted: 'heard' },
  missing: {
    line: 'another registry of the cluster is missing; what it had is not known to be gone',
    counted: 'missing',
  },
  left: { line: 'another registry has left the cluster', counted: 'left' },
  forgotten: {
    line: 'another registry of the cluster has been missing for so long that it is not waited for any more',
    counted: 'forgotten',
  },
} as const satisfies Record<MemberChangeKind, unknown>

type OwnEvent = Extract<
  ClusterEvent,
  { readonly kind: 'connected' | 'disconnected' | 'refused' | 'joined' | 'cutOff' }
>

/** A registry that has not joined by then is cut off, in milliseconds after its first attempt: a NATS server may start at the same time. */
const JOIN_MS = 5000
/** Lines that are remembered. Addresses of servers come and go. */
const SAID_MAX = 100

/** Logs what happens between this registry and the cluster. */
export class ClusterLog {
  readonly #log: Log
  readonly #clock: Clock
  readonly #members: LogAggregator
  /** What was said since it joined or was cut off: what is tried again and again until it joins has one line. */
  readonly #said = new Set<string>()
  /** Why it may not have joined; empty where nothing is known. */
  #cause = ''
  /** Of the NATS server that was connected to last: an old one is warned of once, not at each connection. */
  #version = ''
  /** Undefined before the first attempt to join. */
  #cancelJoin: Cancel | undefined

  constructor(log: Log, clock: Clock) {
    this.#log = log
    this.#clock = clock
    this.#members = new LogAggregator(clock, (sum) => this.#writeSum(sum))
  }

  /** Logs what is still being gathered. */
  end(): void {
    this.#members.flush()
    this.#cancelJoin?.()
  }

  record(event: ClusterEvent): void {
    switch (event.kind) {
      case 'ignored':
      case 'asked':
      case 'noResponders':
        return this.#log.trace(event, event.kind)
      case 'came':
      case 'appeared':
      case 'missing':
      case 'left':
      case 'forgotten':
        return this.#memberChanged(event.kind, event.member)
      default:
        // What was before it stands before it.
        this.#members.flush()
        return this.#ofThis(event)
    }
  }

  /** What happens to this registry. */
  #ofThis(event: OwnEvent): void {
    this.#cancelJoin ??= this.#clock.after(JOIN_MS, () => this.#sayCutOff(this.#cause))
    if (event.kind === 'joined' || event.kind === 'cutOff') {
      this.#cancelJoin()
      this.#said.clear()
      return event.kind === 'joined' ? this.#log.info('joined the cluster') : this.#sayCutOff('')
    }
    if (event.kind !== 'connected') this.#cause = event.reason
    const key = `${event.kind} ${event.kind === 'connected' ? event.server : event.reason}`
    if (this.#said.has(key)) return
    if (this.#said.size === SAID_MAX) this.#said.clear()
    this.#said.add(key)
    this.#ofConnection(event)
  }

  #ofConnection(event: Exclude<OwnEvent, { readonly kind: 'joined' | 'cutOff' }>): void {
    const log = this.#log
    switch (event.kind) {
      case 'connected':
        return this.#sayConnected(event)
      case 'disconnected':
        return log.warn({ cause: event.reason }, `no connection to NATS: ${event.reason}`)
      case 'refused': {
        const fields = { ...ofCode('CLUSTER_REFUSED'), cause: event.reason }
        return log.error(fields, `NATS refuses something that the cluster needs: ${event.reason}`)
      }
    }
  }

  #sayConnected({ server, version }: Extract<OwnEvent, { readonly kind: 'connected' }>): void {
    this.#log.info({ server, ...(version && { version }) }, 'connected to NATS')
    const isNews = version !== this.#version
    this.#version = version
    if (!isNews || !isOutdated(version)) return
    const words = `the NATS server ${server} has version ${version}: servers before 2.9.16 may not notice for long that another server stands still`
    this.#log.warn({ server, version, ...ofCode('NATS_OUTDATED') }, words)
  }

  #sayCutOff(cause: string): void {
    const fields = { ...ofCode('CLUSTER_CUT_OFF'), ...(cause && { cause }) }
    this.#log.warn(
      fields,
      'cut off from the cluster: tokens that are at other registries cannot be found here',
    )
  }

  #memberChanged(kind: MemberChangeKind, { node, name }: ClusterMember): void {
    const { line, counted } = MEMBER_WORDS[kind]
    const isTrouble = kind === 'missing'
    const write = (): void => {
      if (isTrouble) this.#log.warn({ node, name, ...ofCode('CLUSTER_MEMBER_MISSING') }, line)
      else this.#log.info({ node, name }, line)
    }
    this.#members.add({ subject: name, kind: counted, cause: isTrouble ? line : '', write })
  }

  #writeSum({ counts, text, cause, subjects }: Sum): void {
    const words = `other registries of the cluster: ${text}`
    if (cause === '') this.#log.info(counts, words)
    else this.#log.warn({ ...counts, ...ofCode('CLUSTER_MEMBER_MISSING'), of: subjects }, words)
  }
}

function ofCode(code: ClusterTrouble): { code: ClusterTrouble; remedy: string } {
  return { code, remedy: CLUSTER_REMEDIES[code] }
}
