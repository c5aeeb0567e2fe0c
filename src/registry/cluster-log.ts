import type { Clock } from '../lib/clock.ts'
import type { Log } from '../ops/log.ts'
import { LogAggregator, type Sum } from '../ops/log-aggregator.ts'
import type { ClusterEvent, ClusterMember, MemberChangeKind } from './cluster-events.ts'
import { CLUSTER_REMEDIES, type ClusterTrouble } from './cluster-trouble.ts'

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

/** Logs what happens between this registry and the cluster. */
export class ClusterLog {
  readonly #log: Log
  readonly #members: LogAggregator

  constructor(log: Log, clock: Clock) {
    this.#log = log
    this.#members = new LogAggregator(clock, (sum) => this.#writeSum(sum))
  }

  /** Logs what is still being gathered. */
  end(): void {
    this.#members.flush()
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
    const log = this.#log
    switch (event.kind) {
      case 'connected':
        return log.info({ server: event.server }, 'connected to NATS')
      case 'disconnected':
        return log.warn({ cause: event.reason }, `no connection to NATS: ${event.reason}`)
      case 'refused': {
        const fields = { ...ofCode('CLUSTER_REFUSED'), cause: event.reason }
        return log.error(fields, `NATS refuses something that the cluster needs: ${event.reason}`)
      }
      case 'joined':
        return log.info('joined the cluster')
      case 'cutOff':
        return log.warn(
          ofCode('CLUSTER_CUT_OFF'),
          'cut off from the cluster: tokens that are at other registries cannot be found here',
        )
    }
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
