import { describe, expect, it } from 'vitest'
import type { EventMetrics } from '../../../src/ops/metric-set.ts'
import { LEAVE_CAUSES, type RegistryEvent } from '../../../src/registry/events.ts'
import { createMetrics } from '../../../src/registry/metrics.ts'
import { REFUSALS, type RefusalReason } from '../../../src/registry/refusals.ts'
import { standIn } from './server-stand-in.ts'

const PREFIX = 'puppet_registry_'
const REASONS = Object.keys(REFUSALS) as RefusalReason[]
/** A text from outside that tries to break out of a label. */
const EVIL = 'evil"} 1\nevil_total 1'

const FACTS: readonly RegistryEvent[] = [
  { type: 'joined', id: EVIL, address: EVIL, trouble: EVIL, isClient: false },
  ...LEAVE_CAUSES.map((cause) => ({ type: 'left', id: EVIL, cause, lastedMs: 1 }) as const),
  { type: 'shared', id: EVIL, addresses: [EVIL] },
  { type: 'alone', id: EVIL, lastedMs: 1 },
  { type: 'heard', id: EVIL, isHeard: false },
  ...REASONS.map((reason) => ({ type: 'refused', reason, address: EVIL }) as const),
  ...(['found', 'not_registered', 'unusable', 'refused'] as const).map(
    (result) => ({ type: 'discovered', result, tookMs: 2000, waited: true }) as const,
  ),
  ...(['answered', 'invalid', 'timeout', 'left'] as const).map(
    (result) => ({ type: 'asked', result, tookMs: 30 }) as const,
  ),
  { type: 'reachability', endpoint: EVIL, open: false, reason: EVIL },
  { type: 'certificate', expires: new Date(0), problem: EVIL },
  { type: 'draining', registrants: 1 },
]

/** Our own samples by name and labels. */
async function samples(metrics: EventMetrics<RegistryEvent>): Promise<Record<string, number>> {
  const { text } = await metrics.expose()
  const lines = text.split('\n').filter((line) => line.startsWith(PREFIX))
  return Object.fromEntries(
    lines.map((line) => {
      const space = line.lastIndexOf(' ')
      return [line.slice(PREFIX.length, space), Number(line.slice(space + 1))]
    }),
  )
}

const begin = (): EventMetrics<RegistryEvent> => createMetrics(standIn().server, '1.2.3', undefined)

describe('the exposition', () => {
  it.each([
    ['build_info', 'gauge'],
    ['registrants', 'gauge'],
    ['tokens', 'gauge'],
    ['shared_tokens', 'gauge'],
    ['unreachable_ports', 'gauge'],
    ['registrations_total', 'counter'],
    ['disconnects_total', 'counter'],
    ['refusals_total', 'counter'],
    ['discoveries_total', 'counter'],
    ['discovery_waits_total', 'counter'],
    ['discovery_duration_seconds', 'histogram'],
    ['questions_total', 'counter'],
    ['question_duration_seconds', 'histogram'],
  ])('has %s, a %s, with a help text, before anything has happened', async (name, type) => {
    const lines = (await begin().expose()).text.split('\n')
    expect(lines).toContain(`# TYPE ${PREFIX}${name} ${type}`)
    expect(lines.find((line) => line.startsWith(`# HELP ${PREFIX}${name} `))).toMatch(/\S+ \S+ \S+ \S+/)
  })
})

describe('the gauges', () => {
  it('read what is true when they are scraped', async () => {
    const { server, table, join } = standIn()
    const metrics = createMetrics(server, '1.2.3', undefined)
    expect(await samples(metrics)).toMatchObject({
      'build_info{version="1.2.3"}': 1,
      registrants: 0,
      tokens: 0,
      unreachable_ports: 0,
    })
    const first = join()
    join({ open: false })
    join({ token: 'insecure_bbbb-2222', open: false })
    expect(await samples(metrics)).toMatchObject({ registrants: 3, tokens: 2, unreachable_ports: 2 })
    table.remove(first)
    expect(await samples(metrics)).toMatchObject({ registrants: 2, tokens: 2 })
  })

  it('count the tokens that several registrants have', async () => {
    const { clock, server, sharing, join } = standIn()
    const metrics = createMetrics(server, '1.2.3', undefined)
    expect(await samples(metrics)).toMatchObject({ shared_tokens: 0 })
    join()
    join()
    join({ token: 'insecure_bbbb-2222' })
    for (const token of server.table.keys()) sharing.changed(token)
    await clock.advance(1000)
    expect(await samples(metrics)).toMatchObject({ tokens: 2, shared_tokens: 1 })
  })

  it('count no port where ports are not checked', async () => {
    const { server, join } = standIn({ reachability: false })
    join({ open: false })
    expect(await samples(createMetrics(server, '1', undefined))).toMatchObject({ unreachable_ports: 0 })
  })

  it('read the end of the certificate, of a renewed one too, and do not exist without one', async () => {
    let expires = new Date('2026-12-01T00:00:00Z')
    const metrics = createMetrics(standIn().server, '1', () => expires)
    const told = async () => (await samples(metrics)).certificate_expiry_timestamp_seconds
    expect(await told()).toBe(1_796_083_200)
    expires = new Date('2027-12-01T00:00:00Z')
    expect(await told()).toBe(1_827_619_200)
    expect((await begin().expose()).text).not.toContain('certificate')
  })
})

describe('the counters', () => {
  it('are there as 0 from the start, each with each of its labels: a rate sees the first event', async () => {
    const metrics = begin()
    const before = await samples(metrics)
    for (const event of FACTS) metrics.apply(event)
    expect(Object.keys(await samples(metrics))).toEqual(Object.keys(before))
    const counters = Object.entries(before).filter(([name]) => /_total\b/.test(name))
    expect(counters).toHaveLength(1 + LEAVE_CAUSES.length + REASONS.length + 4 + 4 + 4)
    for (const [name, value] of counters) expect([name, value]).toEqual([name, 0])
  })

  it('count each kind of each event once', async () => {
    const metrics = begin()
    for (const event of FACTS) metrics.apply(event)
    const counted = await samples(metrics)
    for (const [name, value] of Object.entries(counted))
      if (/_total\b/.test(name)) expect([name, value]).toEqual([name, 1])
    for (const cause of LEAVE_CAUSES)
      expect(counted).toHaveProperty([`disconnects_total{cause="${cause}"}`], 1)
    for (const reason of REASONS) expect(counted).toHaveProperty([`refusals_total{reason="${reason}"}`], 1)
  })

  it('count one event under its own name alone', async () => {
    const metrics = begin()
    const before = await samples(metrics)
    metrics.apply({ type: 'left', id: 't0', cause: 'flood', lastedMs: 1 })
    metrics.apply({ type: 'discovered', result: 'unusable', tookMs: 1, waited: false })
    const changed = Object.entries(await samples(metrics)).filter(([name, value]) => value !== before[name])
    expect(changed.map(([name]) => name).filter((name) => /_total\b/.test(name))).toEqual([
      'disconnects_total{cause="flood"}',
      'discoveries_total{result="unusable"}',
    ])
  })

  it('count durations in seconds', async () => {
    const metrics = begin()
    for (const event of FACTS) metrics.apply(event)
    expect(await samples(metrics)).toMatchObject({
      discovery_duration_seconds_count: 4,
      discovery_duration_seconds_sum: 8,
      question_duration_seconds_count: 4,
      question_duration_seconds_sum: 0.12,
      'question_duration_seconds_bucket{le="0.025"}': 0,
      'question_duration_seconds_bucket{le="0.05"}': 4,
    })
  })
})

it('no label takes anything from outside', async () => {
  const metrics = begin()
  for (const event of FACTS) metrics.apply(event)
  expect((await metrics.expose()).text).not.toContain('evil')
})
