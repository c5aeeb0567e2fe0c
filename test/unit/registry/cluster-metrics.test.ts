import { expect, it } from 'vitest'
import { ASKED_RESULTS, type ClusterEvent } from '../../../src/registry/cluster-events.ts'
import type { ClusterState } from '../../../src/registry/cluster-state.ts'
import { createMetrics } from '../../../src/registry/metrics.ts'
import type { RegistryServer } from '../../../src/registry/server.ts'
import { standIn } from './server-stand-in.ts'

const PREFIX = 'puppet_registry_cluster_'
/** A text from outside that tries to break out of a label. */
const EVIL = 'evil"} 1\nevil_total 1'

const FACTS: readonly ClusterEvent[] = [
  { kind: 'connected', server: EVIL, version: EVIL },
  { kind: 'connected', server: EVIL, version: EVIL },
  { kind: 'disconnected', reason: EVIL },
  { kind: 'refused', reason: EVIL },
  { kind: 'joined' },
  { kind: 'cutOff' },
  { kind: 'came', member: { node: EVIL, name: EVIL } },
  ...ASKED_RESULTS.map((result) => ({ kind: 'asked', result, tookMs: 30 }) as const),
  { kind: 'noResponders' },
  { kind: 'ignored' },
]

function begin(given: Partial<ClusterState> = {}) {
  const state = { degraded: undefined, members: [], claims: 0, fallbacks: 0, ...given }
  const server = { ...standIn().server, cluster: { state } } as unknown as RegistryServer
  const metrics = createMetrics(server, '1.2.3', undefined)
  const samples = async (): Promise<Readonly<Record<string, number>>> => {
    const { text } = await metrics.expose()
    expect(text).not.toContain('evil')
    const lines = text.split('\n').filter((line) => line.startsWith(PREFIX))
    const values = lines.map((line) => [
      line.slice(PREFIX.length, line.lastIndexOf(' ')),
      Number(line.split(' ').at(-1)),
    ])
    return Object.fromEntries(values.filter(([name]) => !String(name).includes('_bucket')))
  }
  const apply = (event: ClusterEvent): void => metrics.apply({ type: 'cluster', event })
  return { apply, samples }
}

const ZERO = {
  'members{state="missing"}': 0,
  'members{state="alive"}': 0,
  degraded: 0,
  claims: 0,
  fallbacks: 0,
  ...Object.fromEntries(ASKED_RESULTS.map((result) => [`requests_total{result="${result}"}`, 0])),
  request_duration_seconds_sum: 0,
  request_duration_seconds_count: 0,
  no_responders_total: 0,
  reconnects_total: 0,
  ignored_messages_total: 0,
}

it('all series are there as 0 from the start: a rate sees the first event', async () => {
  expect(await begin().samples()).toEqual(ZERO)
})

it('events count once each, and the first connection is no reconnect', async () => {
  const { apply, samples } = begin()
  for (const event of FACTS) apply(event)
  const counted = Object.fromEntries(
    Object.keys(ZERO).flatMap((name) => (/_total/.test(name) ? [[name, 1]] : [])),
  )
  expect(await samples()).toEqual({
    ...ZERO,
    ...counted,
    request_duration_seconds_sum: expect.closeTo(0.18),
    request_duration_seconds_count: 6,
  })
})

it('gauges read what is true when they are scraped', async () => {
  const member = (state: 'alive' | 'missing') => ({ node: EVIL, name: EVIL, state, sinceMs: 0 })
  const { samples } = begin({
    degraded: { reason: EVIL, sinceMs: 0 },
    members: [member('missing'), member('alive'), member('alive')],
    claims: 3,
    fallbacks: 4,
  })
  expect(await samples()).toMatchObject({
    'members{state="missing"}': 1,
    'members{state="alive"}': 2,
    degraded: 1,
    claims: 3,
    fallbacks: 4,
  })
})
