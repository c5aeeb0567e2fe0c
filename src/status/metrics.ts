import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { assertNever } from '../assert-never.ts'
import type { Fact } from '../events.ts'
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

/** Makes the metrics; gauges read `board` when they are asked. */
export function createMetrics(board: Board, version: string): Metrics {
  const register = new Registry()
  const registers = [register]
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter({ name: PREFIX + name, help, labelNames, registers })
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name: PREFIX + name, help, buckets, registers })
  const latency = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]

  new Gauge({ name: `${PREFIX}build_info`, help: 'Always 1', labelNames: ['version'], registers }).set(
    { version },
    1,
  )
  new Gauge({
    name: `${PREFIX}puppet_up`,
    help: 'Whether the puppet is healthy',
    registers,
    collect() {
      this.set(board.puppet.state === 'healthy' ? 1 : 0)
    },
  })
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
  const probes = counter('probes_total', 'Probes by result: ok, refused, timeout, failed', ['result'])
  const connects = counter('connects_total', 'Attempts to register, by how they ended', ['result'])
  const disconnects = counter('disconnects_total', 'Connections to the registry that ended, by cause', [
    'cause',
  ])
  const withdrawals = counter('withdrawals_total', 'Registrations that were withdrawn, by cause', ['cause'])
  const rtt = histogram('registry_rtt_seconds', 'From ping to pong', latency)
  const questions = counter('rpc_requests_total', "The registry's questions", ['method', 'result'])
  const ignored = counter('ignored_total', 'What the registry sent and nobody obeyed, by kind', ['kind'])
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: EVENT_LOOP_SAMPLE_MS })

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
