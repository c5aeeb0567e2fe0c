import { type EventMetrics, MetricSet } from '../ops/metric-set.ts'
import { PORT_QUERY_RESULTS } from '../protocol/port-query.ts'
import { createClusterMetrics } from './cluster-metrics.ts'
import { DISCOVERY_RESULTS, LEAVE_CAUSES, type RegistryEvent } from './events.ts'
import { REFUSALS } from './refusals.ts'
import type { RegistryServer } from './server.ts'

/**
 * Prometheus metrics of the registry. No label holds what the outside can make up.
 *
 * @param expires when the certificate ends; undefined without one
 */
export function createMetrics(
  server: RegistryServer,
  version: string,
  expires: (() => Date) | undefined,
): EventMetrics<RegistryEvent> {
  const metrics = new MetricSet('puppet_registry_', version)
  metrics.reading('registrants', 'Registrants that are connected', () => server.table.size)
  metrics.reading('tokens', 'Tokens that have a registrant', () => server.table.tokens)
  metrics.reading('shared_tokens', 'Tokens that several registrants have', () => server.sharing.size)
  metrics.reading(
    'unreachable_ports',
    'Registered ports that cannot be opened from here',
    () => server.reachability?.closedEndpoints ?? 0,
  )
  if (expires !== undefined) {
    const help = 'When the certificate ends, in seconds since 1970'
    metrics.reading('certificate_expiry_timestamp_seconds', help, () => expires().getTime() / 1000)
  }
  const applyCluster = server.cluster && createClusterMetrics(metrics, server.cluster)
  const waits = 'Discoveries that waited for a registrant to come, by what was answered'
  const joined = metrics.counter('registrations_total', 'Registrants that came')
  const left = metrics.counterBy('disconnects_total', 'Registrants that left', { cause: LEAVE_CAUSES })
  const refused = metrics.counterBy('refusals_total', 'Registrants that were refused', {
    reason: Object.keys(REFUSALS),
  })
  const discovered = metrics.counterBy('discoveries_total', 'Discoveries by answer', {
    result: DISCOVERY_RESULTS,
  })
  const waited = metrics.counterBy('discovery_waits_total', waits, { result: DISCOVERY_RESULTS })
  const discoveryDuration = metrics.histogram('discovery_duration_seconds', 'From request to answer')
  const portQueries = metrics.counterBy('questions_total', 'Port queries by result', {
    result: PORT_QUERY_RESULTS,
  })
  const portQueryDuration = metrics.histogram('question_duration_seconds', 'From a port query to its end')

  return {
    apply: (event) => {
      switch (event.type) {
        case 'joined':
          return joined.inc()
        case 'left':
          return left.inc({ cause: event.cause })
        case 'refused':
          return refused.inc({ reason: event.reason })
        case 'discovered':
          discovered.inc({ result: event.result })
          if (event.waited) waited.inc({ result: event.result })
          return discoveryDuration.observe(event.tookMs / 1000)
        case 'asked':
          portQueries.inc({ result: event.result })
          return portQueryDuration.observe(event.tookMs / 1000)
        case 'cluster':
          return applyCluster?.(event.event)
        default:
          return
      }
    },
    expose: () => metrics.expose(),
  }
}
