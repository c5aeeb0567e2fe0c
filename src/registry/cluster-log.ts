import type { Log } from '../ops/log.ts'
import type { ClusterEvent } from './cluster-events.ts'

const MEMBER_WORDS = {
  came: 'another registry has joined the cluster',
  appeared: 'another registry of the cluster is heard again',
  missing: 'another registry of the cluster is missing; what it had is not known to be gone',
  left: 'another registry has left the cluster',
  forgotten:
    'another registry of the cluster has been missing for so long that it is not waited for any more',
} as const

/** Logs what happens between this registry and the cluster. */
export function logClusterEvent(log: Log, event: ClusterEvent): void {
  switch (event.kind) {
    case 'connected':
      return log.info({ server: event.server }, 'connected to NATS')
    case 'disconnected':
      return log.warn({ reason: event.reason }, 'no connection to NATS')
    case 'refused':
      return log.error({ reason: event.reason }, 'NATS refuses something that the cluster needs')
    case 'joined':
      return log.info('joined the cluster')
    case 'cutOff':
      return log.warn('cut off from the cluster: tokens that are at other registries cannot be found here')
    case 'ignored':
      return log.trace('a message that no registry of this version sends')
    default:
      return event.kind === 'missing'
        ? log.warn(event.member, MEMBER_WORDS[event.kind])
        : log.info(event.member, MEMBER_WORDS[event.kind])
  }
}
