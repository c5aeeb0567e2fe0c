import { type EventMetrics, MetricSet } from '../../ops/metric-set.ts'
import { ADVICE_CODES } from '../../protocol/advice.ts'
import { IGNORED_KINDS } from '../../protocol/port-answer.ts'
import {
  CONNECT_RESULTS,
  DISCONNECT_CAUSES,
  GATEWAY_REFUSALS,
  PROBE_FAILURES,
  type SidecarEvent,
  VERDICTS,
  WITHDRAWAL_CAUSES,
} from '../events.ts'
import { totalsOf } from './readiness.ts'
import { connectionsOf } from './records.ts'
import type { SidecarState } from './sidecar-state.ts'

const PORT_QUERIES = [
  { method: 'getHostieGrpcPort', result: 'answered' },
  { method: 'hostieGrpcPort', result: 'answered' },
  { method: 'other', result: 'not_found' },
]

/** From what a killed puppet takes to an outage of an hour; the promises lie at 0.1, 0.5, 2.6 and 5.5 s. In seconds. */
const FAULT_BUCKETS = [0.025, 0.1, 0.25, 0.5, 1, 2, 2.6, 5.5, 15, 60, 300, 3600]

/** Prometheus metrics of the sidecar. Gauges read `sidecarState` when they are asked. No label holds a token or anything else that the outside can make up. */
export function createMetrics(sidecarState: SidecarState, version: string): EventMetrics<SidecarEvent> {
  const metrics = new MetricSet('puppet_registrar_', version)
  metrics.reading('puppet_up', 'Whether the puppet is healthy', () =>
    Number(sidecarState.puppet.state === 'healthy'),
  )
  metrics.reading('registry_reachable', 'Whether attempts to register get as far as the registry', () =>
    Number(sidecarState.registry.reachable),
  )
  metrics.reading(
    'token_source_up',
    'Whether what the token file holds is in force; 0 while it is missing, unreadable or wrong',
    () => Number(sidecarState.source.problems.length === 0),
  )
  metrics.gauge('registrations', 'Tokens by state', ['state'], (gauge) => {
    const { total, ...states } = totalsOf(sidecarState)
    for (const [state, count] of Object.entries(states)) gauge.set({ state }, count)
  })
  // Only those that last: a sample for each code of which there is nothing to say would be a hundred lines.
  metrics.gauge('problem', 'Problems that last: 1 for each code', ['code'], (gauge) => {
    gauge.reset()
    for (const { code } of sidecarState.problems.lasting) gauge.set({ code }, 1)
  })
  const probeDuration = metrics.histogram('probe_duration_seconds', 'How long probes took')
  const probes = metrics.counterBy('probes_total', 'Probes by result', { result: ['ok', ...PROBE_FAILURES] })
  const connects = metrics.counterBy('connects_total', 'Attempts to register, by how they ended', {
    result: CONNECT_RESULTS,
  })
  const disconnects = metrics.counterBy('disconnects_total', 'Connections to the registry that ended', {
    cause: DISCONNECT_CAUSES,
  })
  const withdrawals = metrics.counterBy('withdrawals_total', 'Registrations that were withdrawn', {
    cause: WITHDRAWAL_CAUSES,
  })
  const detection = metrics.histogram(
    'fault_detection_seconds',
    'From the first bad probe of a healthy puppet to its withdrawal',
    FAULT_BUCKETS,
  )
  const recovery = metrics.histogram(
    'recovery_seconds',
    'From the loss of a registration to the next one, while the puppet is healthy',
    FAULT_BUCKETS,
  )
  const rtt = metrics.histogram('registry_rtt_seconds', 'From ping to pong')
  const portQueries = metrics.counter(
    'rpc_requests_total',
    'Port queries and other requests of the registry',
    PORT_QUERIES,
  )
  const verifications = metrics.counterBy(
    'verifications_total',
    'Questions to the registry where discovery leads, by what came of them',
    { verdict: VERDICTS },
  )
  const ignored = metrics.counterBy('ignored_total', 'Messages of the registry that were ignored', {
    kind: IGNORED_KINDS,
  })
  const advice = metrics.counterBy('advice_total', 'What the registry advised', { code: ADVICE_CODES })

  metrics.reading('gateway_connections', 'Gateways that are connected', () =>
    connectionsOf(sidecarState.gateways.values()),
  )
  const gatewayEvents = metrics.counter(
    'gateway_events_total',
    'Events that gateways sent, which are ignored',
  )
  const gatewayRefusals = metrics.counterBy(
    'gateway_refusals_total',
    'Connections of gateways that were refused',
    { reason: GATEWAY_REFUSALS },
  )

  return {
    apply: (event) => {
      switch (event.type) {
        case 'probed':
          probes.inc({ result: event.result.ok ? 'ok' : event.result.kind })
          return probeDuration.observe(event.result.tookMs / 1000)
        case 'connected':
          return connects.inc({ result: event.result })
        case 'disconnected':
          return disconnects.inc({ cause: event.cause })
        case 'withdrawn':
          return withdrawals.inc({ cause: event.cause })
        case 'puppet':
          if (event.failingMs !== undefined) detection.observe(event.failingMs / 1000)
          return
        case 'recovered':
          return recovery.observe(event.tookMs / 1000)
        case 'pong':
          return rtt.observe(event.rttMs / 1000)
        case 'question':
          return portQueries.inc({ method: event.method, result: event.result })
        case 'verification':
          return verifications.inc({ verdict: event.verdict })
        case 'ignored':
          return ignored.inc({ kind: event.kind })
        case 'advice':
          return advice.inc({ code: event.advice.code })
        case 'gatewayEventIgnored':
          return gatewayEvents.inc()
        case 'gatewayRefused':
          return gatewayRefusals.inc({ reason: event.reason })
        default:
          return
      }
    },
    expose: () => metrics.expose(),
  }
}
