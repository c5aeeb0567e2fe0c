import { type EventMetrics, MetricSet } from '../ops/metric-set.ts'
import type { ConnectState } from './connect-state.ts'
import { CONNECT_TROUBLES } from './connect-trouble.ts'
import { type ConnectEvent, REFUSALS } from './events.ts'
import { PUPPET_STATES } from './puppet-state.ts'
import type { ConnectServer } from './server.ts'

/** From a puppet that is there to the default of CONNECT_WAIT and beyond. In seconds. */
const WAIT_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60]

/** Prometheus metrics of `connect`. No label holds what the outside can make up. */
export function createMetrics(
  server: ConnectServer,
  state: ConnectState,
  version: string,
): EventMetrics<ConnectEvent> {
  const metrics = new MetricSet('puppet_connect_', version)
  metrics.reading('connections', 'Connections of bots that are open', () => server.open)
  metrics.gauge('tokens', 'Tokens by the state of their puppets', ['state'], (gauge) => {
    for (const each of PUPPET_STATES) gauge.set({ state: each }, state.count(each))
  })
  // Only those that last: a sample for each code of which there is nothing to say would be a hundred lines.
  metrics.gauge('problem', 'Problems that last: 1 for each code', ['code'], (gauge) => {
    gauge.reset()
    for (const { code } of state.problems()) gauge.set({ code }, 1)
  })
  const connections = metrics.counterBy('connections_total', 'Connections of bots, by what came of them', {
    result: ['connected', 'failed', 'silent', 'refused'],
  })
  const refused = metrics.counterBy('refused_total', 'Connections of bots that were not taken', {
    reason: REFUSALS,
  })
  const failed = metrics.counterBy('failed_total', 'Bots that were sent away without a puppet', {
    code: CONNECT_TROUBLES,
  })
  const dials = metrics.counterBy('dials_total', 'Connections to puppets, by how they came about', {
    result: ['ok', 'failed'],
  })
  const discoveries = metrics.counterBy('discoveries_total', 'Questions to the registry by answer', {
    result: ['found', 'not_found', 'failed'],
  })
  const discoveryDuration = metrics.histogram(
    'discovery_duration_seconds',
    'From a question to the registry to its answer',
  )
  const directions = [{ direction: 'from_bots' }, { direction: 'to_bots' }]
  // A connection may last for weeks: its bytes count from the first one on.
  metrics.counter('bytes_total', 'Bytes that bots sent, and that were sent to them', directions, (bytes) => {
    const { fromBots, toBots } = server.bytes
    bytes.inc({ direction: 'from_bots' }, fromBots)
    bytes.inc({ direction: 'to_bots' }, toBots)
  })
  const wait = metrics.histogram(
    'connection_wait_seconds',
    "From a bot's first bytes to the connection to its puppet",
    WAIT_BUCKETS,
  )

  return {
    apply: (event) => {
      switch (event.type) {
        case 'refused':
          connections.inc({ result: 'refused' })
          return refused.inc({ reason: event.reason })
        case 'silent':
          return connections.inc({ result: 'silent' })
        case 'failed':
          connections.inc({ result: 'failed' })
          return failed.inc({ code: event.code })
        case 'dialFailed':
          return dials.inc({ result: 'failed' })
        case 'connected':
          connections.inc({ result: 'connected' })
          dials.inc({ result: 'ok' })
          return wait.observe(event.tookMs / 1000)
        case 'found':
          discoveries.inc({ result: 'found' })
          return discoveryDuration.observe(event.tookMs / 1000)
        case 'notFound':
          discoveries.inc({ result: event.code.startsWith('DISCOVERY_') ? 'not_found' : 'failed' })
          return discoveryDuration.observe(event.tookMs / 1000)
        default:
          return
      }
    },
    expose: () => metrics.expose(),
  }
}
