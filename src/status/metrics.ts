import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { assertNever } from '../assert-never.ts'
import type { ConnectResult, DisconnectCause, Fact, IgnoredKind, WithdrawalCause } from '../events.ts'
import type { Board } from './board.ts'
import { totalsOf } from './readiness.ts'

/** Prometheus metrics of the sidecar. No label holds a token or anything else that the outside can make up. */
export interface Metrics {
  apply(fact: Fact): void
  /** The exposition text, and the content type that goes with it. */
  expose(): Promise<{ text: string; contentType: string }>
}

const PREFIX = 'puppet_registrar_'

/** How often the event loop's delay is sampled: the default of 10 ms would cost more than all the rest of the sidecar. */
const EVENT_LOOP_SAMPLE_MS = 1000

/** Default metrics that walk all handles with each scrape: with ten thousand sockets nothing else happens meanwhile. */
const WALKS_ALL_SOCKETS = ['handles', 'requests', 'resources'].flatMap((what) => [
  `nodejs_active_${what}`,
  `nodejs_active_${what}_total`,
])

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
const IGNORED_KINDS: readonly IgnoredKind[] = ['binary', 'flood', 'malformed', 'event', 'invalid']
const QUESTIONS = [
  { method: 'getHostieGrpcPort', result: 'answered' },
  { method: 'hostieGrpcPort', result: 'answered' },
  { method: 'other', result: 'not_found' },
]

function labelled<Label extends string>(label: Label, values: readonly string[]): Record<Label, string>[] {
  return values.map((value) => ({ [label]: value }) as Record<Label, string>)
}

/** Makes the metrics; gauges read `board` when they are asked. */
export function createMetrics(board: Board, version: string): Metrics {
  const register = new Registry()
  const registers = [register]
  // A sample that is there from the start, as 0, lets a rate see the first event.
  const counter = <Label extends string>(
    name: string,
    help: string,
    samples: readonly Readonly<Record<Label, string>>[],
  ) => {
    const made = new Counter({
      name: PREFIX + name,
      help,
      labelNames: Object.keys(samples[0] ?? {}),
      registers,
    })
    for (const sample of samples) made.inc(sample, 0)
    return made
  }
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name: PREFIX + name, help, buckets, registers })
  const latency = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]

  new Gauge({ name: `${PREFIX}build_info`, help: 'Always 1', labelNames: ['version'], registers }).set(
    { version },
    1,
  )
  const yesOrNo = (name: string, help: string, isTrue: () => boolean) =>
    new Gauge({
      name: PREFIX + name,
      help,
      registers,
      collect() {
        this.set(isTrue() ? 1 : 0)
      },
    })
  yesOrNo('puppet_up', 'Whether the puppet is healthy', () => board.puppet.state === 'healthy')
  yesOrNo(
    'registry_reachable',
    'Whether attempts to register get as far as the registry',
    () => board.registry.reachable,
  )
  yesOrNo(
    'token_source_up',
    'Whether what the token file holds is in force; 0 while it is missing, unreadable or wrong',
    () => board.source.problems.length === 0,
  )
  new Gauge({
    name: `${PREFIX}registrations`,
    help: 'Tokens by state',
    labelNames: ['state'],
    registers,
    collect() {
      const { total, ...states } = totalsOf(board)
      for (const [state, count] of Object.entries(states)) this.set({ state }, count)
    },
  })
  const probeDuration = histogram('probe_duration_seconds', 'How long probes took', latency)
  const probes = counter('probes_total', 'Probes by result', labelled('result', PROBE_RESULTS))
  const connects = counter(
    'connects_total',
    'Attempts to register, by how they ended',
    labelled('result', CONNECT_RESULTS),
  )
  const disconnects = counter(
    'disconnects_total',
    'Connections to the registry that ended',
    labelled('cause', DISCONNECT_CAUSES),
  )
  const withdrawals = counter(
    'withdrawals_total',
    'Registrations that were withdrawn',
    labelled('cause', WITHDRAWAL_CAUSES),
  )
  const rtt = histogram('registry_rtt_seconds', 'From ping to pong', latency)
  const questions = counter('rpc_requests_total', "The registry's questions", QUESTIONS)
  const ignored = counter(
    'ignored_total',
    'What the registry sent and nobody obeyed',
    labelled('kind', IGNORED_KINDS),
  )
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: EVENT_LOOP_SAMPLE_MS })
  for (const name of WALKS_ALL_SOCKETS) register.removeSingleMetric(name)

  return {
    apply: (fact) => {
      switch (fact.type) {
        case 'probed':
          probes.inc({ result: fact.result.ok ? 'ok' : fact.result.kind })
          return probeDuration.observe(fact.result.tookMs / 1000)
        case 'connected':
          return connects.inc({ result: fact.result })
        case 'disconnected':
          return disconnects.inc({ cause: fact.cause })
        case 'withdrawn':
          return withdrawals.inc({ cause: fact.cause })
        case 'pong':
          return rtt.observe(fact.rttMs / 1000)
        case 'question':
          return questions.inc({ method: fact.method, result: fact.result })
        case 'ignored':
          return ignored.inc({ kind: fact.kind })
        case 'puppet':
        case 'registry':
        case 'source':
        case 'tokens':
        case 'gone':
        case 'registration':
        case 'tokenChecked':
        case 'draining':
          return
        default:
          assertNever(fact)
      }
    },
    expose: async () => ({ text: await register.metrics(), contentType: register.contentType }),
  }
}
