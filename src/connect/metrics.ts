import { type EventMetrics, MetricSet } from '../ops/metric-set.ts'
import type { ConnectEvent } from './events.ts'
import type { ConnectServer } from './server.ts'

/** Prometheus metrics of `connect`. No label holds what the outside can make up. */
export function createMetrics(server: ConnectServer, version: string): EventMetrics<ConnectEvent> {
  const metrics = new MetricSet('puppet_connect_', version)
  metrics.reading('connections', 'Connections of bots that are open', () => server.open)
  return { apply: () => {}, expose: () => metrics.expose() }
}
