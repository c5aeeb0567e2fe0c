import { assertNever } from '../../lib/assert-never.ts'
import { labelled, MetricSet } from '../../ops/metric-set.ts'
import type { IgnoredKind } from '../../protocol/port-answer.ts'
import type {
  ConnectResult,
  DisconnectCause,
  GatewayRefusal,
  SidecarEvent,
  WithdrawalCause,
} from '../events.ts'
import { gatewayConnections } from './gateway-problems.ts'
import { totalsOf } from './readiness.ts'
import type { SidecarState } from './sidecar-state.ts'

/** Prometheus metrics of the sidecar. No label holds a token or anything else that the outside can make up. */
export interface Metrics {
  apply(event: SidecarEvent): void
  /** The exposition text, and the content type that goes with it. */
  expose(): Promise<{ text: string; contentType: string }>
}

const PROBE_RESULTS = ['ok', 'refused', 'timeout', 'failed']
const CONNECT_RESULTS: readonly ConnectResult[] = [
  'registered',
  'refused',
  'aborted',
  'dns',
  'tcp',
  'tls',
  'http',
  'websocket',
  'acknowledgement',
]
const DISCONNECT_CAUSES: readonly DisconnectCause[] = ['withdrawn', 'heartbeat', 'closed']
const WITHDRAWAL_CAUSES: readonly WithdrawalCause[] = ['unhealthy', 'removed', 'shutdown']
const IGNORED_KINDS: readonly IgnoredKind[] = [
  'binary',
  'oversized',
  'flood',
  'malformed',
  'event',
  'invalid',
]
const DOOR_REFUSALS: readonly GatewayRefusal[] = [
  'dropped',
  'http',
  'path',
  'token',
  'stranger',
  'proxy',
  'subprotocol',
  'full',
]
const QUESTIONS = [
  { method: 'getHostieGrpcPort', result: 'answered' },
  { method: 'hostieGrpcPort', result: 'answered' },
  { method: 'other', result: 'not_found' },
]

/** From what a killed puppet takes to an outage of an hour; the promises lie at 0.1, 0.5, 2.6 and 5.5 s. In seconds. */
const FAULT_BUCKETS = [0.025, 0.1, 0.25, 0.5, 1, 2, 2.6, 5.5, 15, 60, 300, 3600]

/** Makes the metrics; gauges read `sidecarState` when they are asked. */
export function createMetrics(sidecarState: SidecarState, version: string): Metrics {
  const metrics = new MetricSet('puppet_registrar_', version)
  const yesOrNo = (name: string, help: string, isTrue: () => boolean) =>
    metrics.reading(name, help, () => (isTrue() ? 1 : 0))
  yesOrNo('puppet_up', 'Whether the puppet is healthy', () => sidecarState.puppet.state === 'healthy')
  yesOrNo(
    'registry_reachable',
    'Whether attempts to register get as far as the registry',
    () => sidecarState.registry.reachable,
  )
  yesOrNo(
    'token_source_up',
    'Whether what the token file holds is in force; 0 while it is missing, unreadable or wrong',
    () => sidecarState.source.problems.length === 0,
  )
  metrics.gauge('registrations', 'Tokens by state', ['state'], (gauge) => {
    const { total, ...states } = totalsOf(sidecarState)
    for (const [state, count] of Object.entries(states)) gauge.set({ state }, count)
  })
  const probeDuration = metrics.histogram('probe_duration_seconds', 'How long probes took')
  const probes = metrics.counter('probes_total', 'Probes by result', labelled('result', PROBE_RESULTS))
  const connects = metrics.counter(
    'connects_total',
    'Attempts to register, by how they ended',
    labelled('result', CONNECT_RESULTS),
  )
  const disconnects = metrics.counter(
    'disconnects_total',
    'Connections to the registry that ended',
    labelled('cause', DISCONNECT_CAUSES),
  )
  const withdrawals = metrics.counter(
    'withdrawals_total',
    'Registrations that were withdrawn',
    labelled('cause', WITHDRAWAL_CAUSES),
  )
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
  const questions = metrics.counter('rpc_requests_total', "The registry's questions", QUESTIONS)
  const ignored = metrics.counter(
    'ignored_total',
    'What the registry sent and nobody obeyed',
    labelled('kind', IGNORED_KINDS),
  )

  metrics.reading('gateway_connections', "Gateways at the sidecar's door", () =>
    gatewayConnections(sidecarState),
  )
  const told = metrics.counter('gateway_events_total', 'What gateways told, and nobody heard', [{}])
  const turnedAway = metrics.counter(
    'gateway_refusals_total',
    "Who was turned away at the gateway's door",
    labelled('reason', DOOR_REFUSALS),
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
          return questions.inc({ method: event.method, result: event.result })
        case 'ignored':
          return ignored.inc({ kind: event.kind })
        case 'gatewayTold':
          return told.inc()
        case 'gatewayRefused':
          return turnedAway.inc({ reason: event.reason })
        case 'gatewayJoined':
        case 'gatewayLeft':
        case 'gatewayPort':
        case 'registry':
        case 'source':
        case 'tokens':
        case 'gone':
        case 'registration':
        case 'tokenChecked':
        case 'draining':
          return
        default:
          assertNever(event)
      }
    },
    expose: () => metrics.expose(),
  }
}
