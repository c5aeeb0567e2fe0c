import type { MetricSet } from '../ops/metric-set.ts'
import { ASKED_RESULTS, type ClusterEvent } from './cluster-events.ts'
import type { ClusterMembership } from './directory.ts'

/** The metrics of a registry's part in its cluster. Returns what events change them. */
export function createClusterMetrics(
  metrics: MetricSet,
  cluster: Pick<ClusterMembership, 'state'>,
): (event: ClusterEvent) => void {
  metrics.gauge('cluster_members', 'The other registries of the cluster', ['state'], (gauge) => {
    const { members } = cluster.state
    const missing = members.filter(({ state }) => state === 'missing').length
    gauge.set({ state: 'missing' }, missing)
    gauge.set({ state: 'alive' }, members.length - missing)
  })
  metrics.reading('cluster_degraded', '1 while this registry does not hear the others', () =>
    cluster.state.degraded === undefined ? 0 : 1,
  )
  metrics.reading('cluster_claims', 'Tokens for which all registries send clients here', () => {
    return cluster.state.claims
  })
  metrics.reading(
    'cluster_fallbacks',
    'Tokens of registrants here for which clients are sent elsewhere',
    () => {
      return cluster.state.fallbacks
    },
  )
  const asked = metrics.counterBy(
    'cluster_requests_total',
    'Questions to the other registries by what came of them',
    { result: ASKED_RESULTS },
  )
  const duration = metrics.histogram(
    'cluster_request_duration_seconds',
    'From a question to the other registries to what came of it',
  )
  const noResponders = metrics.counter(
    'cluster_no_responders_total',
    'Messages of questions to which nobody had subscribed',
  )
  const reconnects = metrics.counter('cluster_reconnects_total', 'Connections to NATS after the first one')
  const ignored = metrics.counter('cluster_ignored_messages_total', 'Messages that no registry sends')
  let hasConnected = false

  return (event) => {
    switch (event.kind) {
      case 'asked':
        asked.inc({ result: event.result })
        return duration.observe(event.tookMs / 1000)
      case 'noResponders':
        return noResponders.inc()
      case 'ignored':
        return ignored.inc()
      case 'connected':
        if (hasConnected) reconnects.inc()
        hasConnected = true
    }
  }
}
