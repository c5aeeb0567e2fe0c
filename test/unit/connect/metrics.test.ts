import { describe, expect, it } from 'vitest'
import { CONNECT_TROUBLES } from '../../../src/connect/connect-trouble.ts'
import type { ConnectEvent } from '../../../src/connect/events.ts'
import { createMetrics } from '../../../src/connect/metrics.ts'
import type { EventMetrics } from '../../../src/ops/metric-set.ts'
import { standIn } from './stand-in.ts'

const PREFIX = 'puppet_connect_'
/** A text from outside that tries to break out of a label. */
const EVIL = 'evil"} 1\nevil_total 1'
const HERE = { host: EVIL, port: 8788 }

const EVENTS: readonly ConnectEvent[] = [
  { type: 'accepted', id: EVIL },
  { type: 'refused', id: EVIL, reason: 'full' },
  { type: 'silent', id: EVIL },
  { type: 'found', id: EVIL, endpoint: HERE, tookMs: 30 },
  { type: 'notFound', id: EVIL, code: 'DISCOVERY_NOT_REGISTERED', reason: EVIL, tookMs: 30 },
  { type: 'notFound', id: EVIL, code: 'REGISTRY_REFUSED', reason: EVIL, tookMs: 30 },
  { type: 'dialFailed', id: EVIL, endpoint: HERE, code: 'UPSTREAM_REFUSED', reason: EVIL },
  { type: 'connected', id: EVIL, endpoint: HERE, tls: true, tookMs: 2000 },
  { type: 'failed', id: EVIL, code: 'UPSTREAM_REFUSED', reason: EVIL, tookMs: 10_000 },
  { type: 'ended', id: EVIL, by: 'bot', ending: 'closed', sent: 10, received: 20, lastedMs: 1 },
  { type: 'draining', connections: 1 },
]

/** Our own samples by name and labels. */
async function samples(metrics: EventMetrics<ConnectEvent>): Promise<Record<string, number>> {
  const { text } = await metrics.expose()
  const lines = text.split('\n').filter((line) => line.startsWith(PREFIX))
  return Object.fromEntries(
    lines.map((line) => {
      const space = line.lastIndexOf(' ')
      return [line.slice(PREFIX.length, space), Number(line.slice(space + 1))]
    }),
  )
}

function begin(tokens = 1, connections = 0) {
  const connect = standIn(tokens, connections)
  return { ...connect, metrics: createMetrics(connect.server, connect.state, '1.2.3') }
}

describe('the gauges', () => {
  it('read what is true when they are scraped', async () => {
    const { metrics, tell } = begin(3, 2)
    tell(
      { type: 'found', id: 't0', endpoint: HERE, tookMs: 1 },
      { type: 'notFound', id: 't1', code: 'DISCOVERY_NOT_REGISTERED', reason: '', tookMs: 1 },
    )
    expect(await samples(metrics)).toMatchObject({
      'build_info{version="1.2.3"}': 1,
      connections: 6,
      'tokens{state="found"}': 1,
      'tokens{state="away"}': 1,
      'tokens{state="unknown"}': 1,
      'problem{code="DISCOVERY_NOT_REGISTERED"}': 1,
    })
  })
})

describe('the counters', () => {
  it('are there as 0 from the start: a rate sees the first event', async () => {
    const before = await samples(begin().metrics)
    const counters = Object.entries(before).filter(([name]) => /_total\b/.test(name))
    expect(counters).toHaveLength(4 + 2 + CONNECT_TROUBLES.length + 2 + 3 + 2)
    // Those of bytes are read from the server.
    for (const [name, value] of counters)
      if (!name.startsWith('bytes_total')) expect([name, value]).toEqual([name, 0])
  })

  it('count each event under its own name', async () => {
    const { metrics } = begin()
    for (const event of EVENTS) metrics.apply(event)
    await samples(metrics)
    const counted = await samples(metrics)
    const above = Object.entries(counted).filter(([name, value]) => /_total\b/.test(name) && value > 0)
    expect(Object.fromEntries(above)).toEqual({
      'connections_total{result="connected"}': 1,
      'connections_total{result="failed"}': 1,
      'connections_total{result="silent"}': 1,
      'connections_total{result="refused"}': 1,
      'refused_total{reason="full"}': 1,
      'failed_total{code="UPSTREAM_REFUSED"}': 1,
      'dials_total{result="ok"}': 1,
      'dials_total{result="failed"}': 1,
      'discoveries_total{result="found"}': 1,
      'discoveries_total{result="not_found"}': 1,
      'discoveries_total{result="failed"}': 1,
      'bytes_total{direction="from_bots"}': 10,
      'bytes_total{direction="to_bots"}': 20,
    })
    expect(counted).toMatchObject({
      connection_wait_seconds_sum: 2,
      discovery_duration_seconds_count: 3,
      discovery_duration_seconds_sum: 0.09,
    })
  })
})

it('no label takes anything from outside', async () => {
  const { metrics } = begin()
  for (const event of EVENTS) metrics.apply(event)
  expect((await metrics.expose()).text).not.toContain('evil')
})
