import { describe, expect, it } from 'vitest'
import type { EventMetrics } from '../../../../src/ops/metric-set.ts'
import type { ConnectResult, SidecarEvent } from '../../../../src/sidecar/events.ts'
import { failedProbe } from '../../../../src/sidecar/probe/probe.ts'
import { createMetrics } from '../../../../src/sidecar/status/metrics.ts'
import { SidecarState } from '../../../../src/sidecar/status/sidecar-state.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import {
  countReads,
  gone,
  puppet,
  reachable,
  registration,
  STATES,
  source,
  stateOf,
  tokenChecked,
  tokens,
  unreachable,
} from './status-harness.ts'

/** The lines that are our own; what prom-client tells of the process comes and goes. */
async function ownLines(metrics: EventMetrics<SidecarEvent>): Promise<readonly string[]> {
  const { text } = await metrics.expose()
  return text.split('\n').filter((line) => /^(# \w+ )?puppet_registrar_/.test(line))
}

/** The samples by name and labels. */
async function samples(metrics: EventMetrics<SidecarEvent>): Promise<Record<string, number>> {
  const lines = (await ownLines(metrics)).filter((line) => !line.startsWith('#'))
  return Object.fromEntries(
    lines.map((line) => {
      const space = line.lastIndexOf(' ')
      return [line.slice('puppet_registrar_'.length, space), Number(line.slice(space + 1))]
    }),
  )
}

const begin = (
  sidecarState: SidecarState = stateOf(['registered']).sidecarState,
): EventMetrics<SidecarEvent> => createMetrics(sidecarState, '1.2.3')

/** A token's public name that tries to break out of a label. */
const EVIL = 'evil"} 1\nevil_total 1'

const CONNECTS = {
  registered: true,
  refused: true,
  aborted: true,
  proxy_dns: true,
  proxy_tcp: true,
  proxy_tls: true,
  proxy_connect: true,
  dns: true,
  tcp: true,
  tls: true,
  http: true,
  websocket: true,
  acknowledgement: true,
} satisfies Record<ConnectResult, true>

/** Each event in each of its kinds. */
const FACTS: readonly SidecarEvent[] = [
  { type: 'probed', result: { ok: true, tookMs: 2, tls: false, health: 'SERVING' } },
  ...(['PUPPET_REFUSED', 'PUPPET_SILENT', 'PUPPET_NOT_GRPC'] as const).map(
    (code) => ({ type: 'probed', result: { ...failedProbe(code, EVIL), tookMs: 2000 } }) as const,
  ),
  puppet('unhealthy', EVIL),
  { ...puppet('unhealthy', EVIL), failingMs: 2010 } as SidecarEvent,
  { type: 'recovered', id: EVIL, tookMs: 250 },
  ...STATES.map((state) => registration(EVIL, state, { reason: EVIL })),
  ...(Object.keys(CONNECTS) as ConnectResult[]).map(
    (result) => ({ type: 'connected', id: EVIL, result }) as const,
  ),
  ...(['withdrawn', 'heartbeat', 'closed'] as const).map(
    (cause) => ({ type: 'disconnected', id: EVIL, cause }) as const,
  ),
  ...(['unhealthy', 'removed', 'shutdown'] as const).map(
    (cause) => ({ type: 'withdrawn', id: EVIL, cause }) as const,
  ),
  { type: 'pong', id: EVIL, rttMs: 30 },
  { type: 'question', id: EVIL, method: 'getHostieGrpcPort', result: 'answered' },
  { type: 'question', id: EVIL, method: 'hostieGrpcPort', result: 'answered' },
  { type: 'question', id: EVIL, method: 'other', result: 'not_found' },
  ...(['binary', 'flood', 'malformed', 'event', 'invalid'] as const).map(
    (kind) => ({ type: 'ignored', id: EVIL, kind }) as const,
  ),
  tokenChecked(EVIL, false),
  unreachable(EVIL),
  reachable,
  source([EVIL], [EVIL]),
  { type: 'tokens', added: [EVIL], removed: [EVIL] },
  gone(EVIL),
  { type: 'gatewayJoined', id: EVIL, adopted: true },
  { type: 'gatewayPort', id: EVIL, port: 1, expected: 8788 },
  { type: 'gatewayEventIgnored' },
  { type: 'gatewayLeft', id: EVIL, cause: 'closed' },
  ...(['dropped', 'http', 'path', 'token', 'stranger', 'proxy', 'subprotocol', 'full'] as const).map(
    (reason) => ({ type: 'gatewayRefused', reason, from: EVIL }) as const,
  ),
  { type: 'draining' },
]

describe('the exposition', () => {
  it.each([
    ['build_info', 'gauge'],
    ['puppet_up', 'gauge'],
    ['registry_reachable', 'gauge'],
    ['token_source_up', 'gauge'],
    ['probe_duration_seconds', 'histogram'],
    ['probes_total', 'counter'],
    ['registrations', 'gauge'],
    ['connects_total', 'counter'],
    ['disconnects_total', 'counter'],
    ['withdrawals_total', 'counter'],
    ['fault_detection_seconds', 'histogram'],
    ['recovery_seconds', 'histogram'],
    ['registry_rtt_seconds', 'histogram'],
    ['rpc_requests_total', 'counter'],
    ['gateway_connections', 'gauge'],
    ['gateway_events_total', 'counter'],
    ['gateway_refusals_total', 'counter'],
  ])('has %s, a %s, with a help text, before anything has happened', async (name, type) => {
    const lines = await ownLines(begin())
    expect(lines).toContain(`# TYPE puppet_registrar_${name} ${type}`)
    expect(lines.find((line) => line.startsWith(`# HELP puppet_registrar_${name} `))).toMatch(
      /\S+ \S+ \S+ \S+/,
    )
  })

  it.each([
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'process_start_time_seconds',
    'nodejs_version_info',
  ])('has %s, which everyone expects', async (name) => {
    const { text } = await begin().expose()
    expect(text).toMatch(new RegExp(`^${name}[ {]`, 'm'))
  })

  it('has nothing that would walk over all sockets', async () => {
    const { text } = await begin().expose()
    expect(text).not.toMatch(/nodejs_active_/)
  })

  it('is text in the format of Prometheus', async () => {
    const { text, contentType } = await begin().expose()
    expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/)
    for (const line of text.split('\n').filter((each) => each !== '' && !each.startsWith('#'))) {
      expect(line).toMatch(/^[a-z_][a-z0-9_]*(\{.*\})? (-?[\d.]+(e[+-]?\d+)?|NaN|\+?Inf)$/i)
    }
  })
})

describe('the gauges', () => {
  it('show what is true when they are read', async () => {
    const states = [
      'registered',
      'connecting',
      'open',
      'waiting',
      'refused',
      'idle',
      'idle',
      'stopped',
    ] as const
    const { sidecarState } = stateOf(states, 'unhealthy')
    const metrics = begin(sidecarState)
    expect(await samples(metrics)).toMatchObject({
      'build_info{version="1.2.3"}': 1,
      puppet_up: 0,
      'registrations{state="registered"}': 1,
      'registrations{state="connecting"}': 2,
      'registrations{state="waiting"}': 1,
      'registrations{state="refused"}': 1,
      'registrations{state="idle"}': 3,
    })
    sidecarState.apply(puppet('healthy'))
    sidecarState.apply(registration('t1', 'registered'))
    expect(await samples(metrics)).toMatchObject({ puppet_up: 1, 'registrations{state="registered"}': 2 })
  })

  it.each(['unknown', 'unhealthy'] as const)('say that a puppet that is %s is not up', async (health) => {
    expect((await samples(begin(stateOf(['idle'], health).sidecarState))).puppet_up).toBe(0)
  })

  it('show whether attempts get as far as the registry, which they do until one does not', async () => {
    const { sidecarState } = stateOf(['queued'])
    const metrics = begin(sidecarState)
    const told = async (): Promise<number | undefined> => (await samples(metrics)).registry_reachable
    expect(await told()).toBe(1)
    sidecarState.apply(unreachable('TCP: connection refused'))
    expect(await told()).toBe(0)
    sidecarState.apply(reachable)
    expect(await told()).toBe(1)
  })

  it('show whether the last reading of the token file is in force, whatever its warnings', async () => {
    const { sidecarState } = stateOf(['registered'])
    const metrics = begin(sidecarState)
    const told = async (): Promise<number | undefined> => (await samples(metrics)).token_source_up
    expect(await told()).toBe(1)
    sidecarState.apply(source(['there is no such file or folder']))
    expect(await told()).toBe(0)
    sidecarState.apply(source([], ['line 4 is the same as line 1; used once']))
    expect(await told()).toBe(1)
  })

  it('count a token that waits for its turn as waiting, and one that has gone not at all', async () => {
    const { sidecarState } = stateOf(['queued', 'waiting', 'registered'])
    const metrics = begin(sidecarState)
    expect(await samples(metrics)).toMatchObject({
      'registrations{state="waiting"}': 2,
      'registrations{state="registered"}': 1,
    })
    for (const id of ['t0', 't1', 't2']) sidecarState.apply(gone(id))
    expect(await samples(metrics)).toMatchObject({
      'registrations{state="waiting"}': 0,
      'registrations{state="registered"}': 0,
    })
  })
})

describe('the counters', () => {
  it('are there as 0 from the start, each with each of its labels: a rate sees the first event', async () => {
    const metrics = begin()
    const before = await samples(metrics)
    for (const event of FACTS) metrics.apply(event)
    expect(Object.keys(await samples(metrics))).toEqual(Object.keys(before))
    const counters = Object.entries(before).filter(([name]) => /_total\b/.test(name))
    expect(counters.length).toBeGreaterThan(20)
    for (const [name, value] of counters) expect([name, value]).toEqual([name, 0])
  })

  it('count each kind of each event once', async () => {
    const metrics = begin()
    for (const event of FACTS) metrics.apply(event)
    const counted = await samples(metrics)
    expect(counted).toMatchObject({
      'probes_total{result="ok"}': 1,
      'probes_total{result="refused"}': 1,
      'probes_total{result="timeout"}': 1,
      'probes_total{result="failed"}': 1,
      'withdrawals_total{cause="unhealthy"}': 1,
      'withdrawals_total{cause="removed"}': 1,
      'withdrawals_total{cause="shutdown"}': 1,
      'disconnects_total{cause="heartbeat"}': 1,
      'rpc_requests_total{method="getHostieGrpcPort",result="answered"}': 1,
      'rpc_requests_total{method="hostieGrpcPort",result="answered"}': 1,
      'rpc_requests_total{method="other",result="not_found"}': 1,
      'ignored_total{kind="flood"}': 1,
    })
    for (const result of Object.keys(CONNECTS)) expect(counted[`connects_total{result="${result}"}`]).toBe(1)
  })

  it('count durations in seconds', async () => {
    const metrics = begin()
    for (const event of FACTS) metrics.apply(event)
    expect(await samples(metrics)).toMatchObject({
      probe_duration_seconds_count: 4,
      probe_duration_seconds_sum: 6.002,
      'probe_duration_seconds_bucket{le="0.0025"}': 1,
      'probe_duration_seconds_bucket{le="+Inf"}': 4,
      // Only where a healthy puppet became unhealthy.
      fault_detection_seconds_count: 1,
      fault_detection_seconds_sum: 2.01,
      recovery_seconds_count: 1,
      recovery_seconds_sum: 0.25,
      registry_rtt_seconds_count: 1,
      registry_rtt_seconds_sum: 0.03,
    })
  })
})

describe('the bounds of the promise', () => {
  it.each([0.1, 0.5, 2.6, 5.5])(
    '%d s can be read off the time that faults took to be found and mended',
    async (bound) => {
      const metrics = begin()
      const faults: readonly SidecarEvent[] = [
        { ...puppet('unhealthy'), failingMs: bound * 1000 } as SidecarEvent,
        { ...puppet('unhealthy'), failingMs: bound * 1000 + 1 } as SidecarEvent,
        { type: 'recovered', id: 't0', tookMs: bound * 1000 },
        { type: 'recovered', id: 't0', tookMs: bound * 1000 + 1 },
      ]
      for (const event of faults) metrics.apply(event)
      expect(await samples(metrics)).toMatchObject({
        [`fault_detection_seconds_bucket{le="${bound}"}`]: 1,
        [`recovery_seconds_bucket{le="${bound}"}`]: 1,
      })
    },
  )
})

describe('labels', () => {
  it('take nothing from outside: no name of a token, no reason', async () => {
    const sidecarState = new SidecarState(new FakeClock())
    sidecarState.apply(tokens(EVIL))
    const metrics = begin(sidecarState)
    for (const event of FACTS) {
      sidecarState.apply(event)
      metrics.apply(event)
    }
    expect((await metrics.expose()).text).not.toContain('evil')
  })

  it('do not grow with events and tokens', async () => {
    const metrics = begin()
    for (const event of FACTS) metrics.apply(event)
    const before = Object.keys(await samples(metrics))
    for (let token = 0; token < 1000; token += 1) {
      for (const event of FACTS) metrics.apply('id' in event ? { ...event, id: `t${token}` } : event)
    }
    expect(Object.keys(await samples(metrics))).toEqual(before)
  })

  it('are the same for ten thousand tokens as for one, and no token is read for them', async () => {
    const names = async (count: number): Promise<readonly string[]> => {
      const states = Array.from({ length: count }, (_, index) => STATES[index % STATES.length] ?? 'idle')
      const { sidecarState } = stateOf(states)
      const looks = countReads(sidecarState)
      const found = Object.keys(await samples(begin(sidecarState)))
      expect(looks()).toBe(0)
      return found
    }
    expect(await names(10_000)).toEqual(await names(1))
  })
})

it('verifications are counted by their verdict', async () => {
  const metrics = begin()
  for (const verdict of ['verified', 'verified', 'stale_link'] as const)
    metrics.apply({ type: 'verification', id: 't0', verdict, code: null, host: '203.0.113.7', port: null })
  expect(await samples(metrics)).toMatchObject({
    'verifications_total{verdict="verified"}': 2,
    'verifications_total{verdict="stale_link"}': 1,
    'verifications_total{verdict="unknown"}': 0,
  })
})
