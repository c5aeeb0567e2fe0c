import { describe, expect, it } from 'vitest'
import type { ClusterEvent } from '../../../src/registry/cluster-events.ts'
import {
  ClusterHealthRecord,
  type ClusterState,
  clusterInWords,
} from '../../../src/registry/cluster-state.ts'
import { clusterTroubles } from '../../../src/registry/cluster-trouble.ts'
import { FakeClock } from '../../support/fake-clock.ts'

/** What is known after these events, one a second. */
async function healthAfter(...events: readonly ClusterEvent[]) {
  const clock = new FakeClock()
  const record = new ClusterHealthRecord(clock)
  for (const event of events) {
    await clock.advance(1000)
    record.apply(event)
  }
  const { sinceMs, degraded, ...rest } = record.health
  return { ...rest, sinceMs: sinceMs - (clock.now() - events.length * 1000), reason: degraded?.reason }
}

const connected = { kind: 'connected', server: 'nats:4222', version: '2.11.0' } as const
const joined = { kind: 'joined' } as const
const cutOff = { kind: 'cutOff' } as const
const disconnected = { kind: 'disconnected', reason: 'it shuts down' } as const
const refused = (reason: string): ClusterEvent => ({ kind: 'refused', reason })

describe('how it is between a registry and its cluster', () => {
  it.each<[string, readonly ClusterEvent[], object]>([
    ['nothing has happened', [], { server: undefined, sinceMs: 0, reason: 'it has not been joined yet' }],
    [
      'no server could be reached',
      [disconnected],
      { server: undefined, sinceMs: 0, reason: 'no connection to NATS: it shuts down' },
    ],
    [
      'it is connected, and does not hear itself yet',
      [connected],
      { server: 'nats:4222', sinceMs: 0, reason: 'it does not hear itself through nats:4222' },
    ],
    ['it hears itself', [connected, joined], { server: 'nats:4222', sinceMs: 2000, reason: undefined }],
    [
      'the connection is lost',
      [connected, joined, disconnected, cutOff],
      { server: undefined, sinceMs: 4000, reason: 'no connection to NATS: it shuts down' },
    ],
    [
      'the server stands still, and another one is tried',
      [connected, joined, cutOff, { ...connected, server: 'other:4222' }],
      { server: 'other:4222', sinceMs: 3000, reason: 'it does not hear itself through other:4222' },
    ],
    [
      'it hears itself again',
      [connected, joined, disconnected, cutOff, connected, joined],
      { server: 'nats:4222', sinceMs: 6000, reason: undefined },
    ],
  ])('when %s', async (_when, events, expected) => {
    expect(await healthAfter(...events)).toMatchObject(expected)
  })

  it('what NATS refuses lasts until the next connection, and each reason is said once', async () => {
    const { refused: before } = await healthAfter(connected, refused('one'), refused('two'), refused('one'))
    expect(before).toMatchObject({ reason: 'one; two' })
    expect((await healthAfter(connected, refused('one'), disconnected, connected)).refused).toBeUndefined()
  })
})

const state = (given: Partial<ClusterState>): ClusterState => ({
  prefix: 'puppet-registry',
  node: '0123456789abcdef',
  name: 'host-0',
  server: 'nats:4222',
  sinceMs: 0,
  degraded: undefined,
  refused: undefined,
  members: [],
  claims: 0,
  fallbacks: 0,
  ...given,
})
const member = (index: number, its: 'alive' | 'missing' = 'missing') => {
  return { node: `00000000000000${10 + index}`, name: `host-${index}`, state: its, sinceMs: 1000 * index }
}

describe('what is wrong in a cluster', () => {
  it('is nothing while all are heard', () => {
    expect(clusterTroubles(state({ members: [member(1, 'alive')] }))).toEqual([])
  })

  it('is said with the reason of NATS, and since when', () => {
    const trouble = { reason: 'why', sinceMs: 7 }
    expect(clusterTroubles(state({ degraded: trouble, refused: trouble }))).toEqual([
      { code: 'CLUSTER_CUT_OFF', message: expect.stringMatching(/: why$/), sinceMs: 7 },
      { code: 'CLUSTER_REFUSED', message: expect.stringMatching(/: why$/), sinceMs: 7 },
    ])
  })

  it('is said of missing registries since the first of them is missing, with the names of three', () => {
    const members = [4, 2, 3, 5].map((index) => member(index))
    const [trouble] = clusterTroubles(state({ members: [...members, member(1, 'alive')] }))
    expect(trouble).toMatchObject({ code: 'CLUSTER_MEMBER_MISSING', sinceMs: 2000 })
    expect(trouble?.message).toMatch(
      /: host-4 \(0000000000000014\), host-2 \(\d+\), host-3 \(\d+\) and 1 more$/,
    )
  })
})

it('a cluster is told in one line', () => {
  const lines = [
    state({}),
    state({ members: [member(1), member(2, 'alive')] }),
    state({ degraded: { reason: 'why', sinceMs: 0 } }),
  ].map(clusterInWords)
  expect(lines).toEqual([
    'cluster: 0 other registries',
    'cluster: 1 of 2 other registries heard',
    'cluster: cut off: why',
  ])
})
