import { describe, expect, it } from 'vitest'
import type { SidecarEvent, Verdict } from '../../../../src/sidecar/events.ts'
import { failedProbe } from '../../../../src/sidecar/probe/probe.ts'
import { SidecarState } from '../../../../src/sidecar/status/sidecar-state.ts'
import type { DiscoveryTrouble } from '../../../../src/sidecar/verification/discovery-trouble.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import {
  gone,
  puppet,
  reachable,
  recordOf,
  registration,
  source,
  tokenChecked,
  tokens,
  unreachable,
} from './status-harness.ts'

const START = new Date('2026-01-01T00:00:00Z')
const laterBy = (ms: number): Date => new Date(START.getTime() + ms)

function begin(...ids: readonly string[]): { sidecarState: SidecarState; clock: FakeClock } {
  const clock = new FakeClock()
  const sidecarState = new SidecarState(clock)
  sidecarState.apply(tokens(...ids))
  return { sidecarState, clock }
}

const idsOf = (sidecarState: SidecarState): readonly string[] => [...sidecarState.tokens].map(({ id }) => id)

const good: SidecarEvent = { type: 'probed', result: { ok: true, tookMs: 1, tls: true, health: 'SERVING' } }
const bad: SidecarEvent = {
  type: 'probed',
  result: { ...failedProbe('PUPPET_BREAKS_CALLS', 'broken'), tookMs: 1 },
}

describe('the state before any event', () => {
  it('has an unknown puppet and idle tokens', () => {
    const { sidecarState } = begin('a', 'b')
    expect(sidecarState.draining).toBe(false)
    expect(sidecarState.puppet).toEqual({
      state: 'unknown',
      since: START,
      code: null,
      reason: 'not probed yet',
      tls: null,
      health: null,
      warnings: [],
    })
    expect([...sidecarState.tokens].map(({ id, state, sinceMs }) => [id, state, sinceMs])).toEqual([
      ['a', 'idle', START.getTime()],
      ['b', 'idle', START.getTime()],
    ])
    expect(recordOf(sidecarState, 'a')).toEqual({
      id: 'a',
      state: 'idle',
      sinceMs: START.getTime(),
      code: null,
      reason: '',
      attempts: 0,
      retryAtMs: null,
      confirmed: null,
      accepted: null,
      advice: [],
      discovery: null,
    })
  })

  it('has no trouble with the registry or the file of the tokens, and no token', () => {
    const sidecarState = new SidecarState(new FakeClock())
    expect(sidecarState.registry).toEqual({
      reachable: true,
      since: START,
      code: null,
      reason: '',
      attempts: 0,
      retryAtMs: null,
    })
    expect(sidecarState.source).toEqual({ problems: [], code: null, since: START })
    expect(idsOf(sidecarState)).toEqual([])
    expect(sidecarState.size).toBe(0)
    expect(sidecarState.count('idle')).toBe(0)
    expect(sidecarState.tokenAccepted).toBeNull()
  })
})

describe('the puppet', () => {
  it('keeps the moment of its state when the reason changes', async () => {
    const { sidecarState, clock } = begin('a')
    await clock.advance(1000)
    sidecarState.apply(puppet('unhealthy', 'nothing listens', { withdrawals: 2, holdMs: 1000 }))
    await clock.advance(1000)
    sidecarState.apply(puppet('unhealthy', 'no answer in 1 s', { withdrawals: 2, holdMs: 1000 }))
    expect(sidecarState.puppet).toMatchObject({
      state: 'unhealthy',
      since: laterBy(1000),
      reason: 'no answer in 1 s',
    })
    sidecarState.apply(puppet('healthy'))
    expect(sidecarState.puppet).toMatchObject({ state: 'healthy', since: laterBy(2000), reason: '' })
  })

  it('has TLS and health of the last answer; no probe changes its state', () => {
    const { sidecarState } = begin('a')
    sidecarState.apply(good)
    expect(sidecarState.puppet).toMatchObject({ state: 'unknown', tls: true, health: 'SERVING' })
    sidecarState.apply({ type: 'probed', result: { ok: true, tookMs: 1, tls: false, health: null } })
    expect(sidecarState.puppet).toMatchObject({ state: 'unknown', tls: false, health: null })
  })

  it('is not SERVING any more when it does not answer so', () => {
    const { sidecarState } = begin('a')
    sidecarState.apply(good)
    sidecarState.apply(bad)
    expect(sidecarState.puppet.health).not.toBe('SERVING')
  })
})

describe('the registry', () => {
  it('keeps the moment of an outage when reason and attempts change', async () => {
    const { sidecarState, clock } = begin('a')
    await clock.advance(1000)
    sidecarState.apply(unreachable('TCP: connection refused', 1, 500))
    expect(sidecarState.registry).toEqual({
      reachable: false,
      since: laterBy(1000),
      code: 'REGISTRY_REFUSED',
      reason: 'TCP: connection refused',
      attempts: 1,
      retryAtMs: 1500,
    })
    await clock.advance(500)
    sidecarState.apply(unreachable('DNS: its name does not resolve', 2, 1000))
    expect(sidecarState.registry).toEqual({
      reachable: false,
      since: laterBy(1000),
      code: 'REGISTRY_REFUSED',
      reason: 'DNS: its name does not resolve',
      attempts: 2,
      retryAtMs: 2500,
    })
  })

  it('has nothing left of an outage but the moment of its end', async () => {
    const { sidecarState, clock } = begin('a')
    sidecarState.apply(unreachable('TCP: connection refused'))
    await clock.advance(7000)
    sidecarState.apply(reachable)
    await clock.advance(1000)
    sidecarState.apply(reachable)
    expect(sidecarState.registry).toEqual({
      reachable: true,
      since: laterBy(7000),
      code: null,
      reason: '',
      attempts: 0,
      retryAtMs: null,
    })
  })

  it('changes no token', () => {
    const { sidecarState } = begin('a')
    const before = recordOf(sidecarState, 'a')
    sidecarState.apply(unreachable('TCP: connection refused'))
    expect(recordOf(sidecarState, 'a')).toBe(before)
  })
})

describe('the file of the tokens', () => {
  it('has its problems from one reading until a reading without any', async () => {
    const { sidecarState, clock } = begin('a')
    await clock.advance(1000)
    sidecarState.apply(source(['line 3 has quotes around it'], ['line 4 is the same as line 1; used once']))
    expect(sidecarState.source).toMatchObject({
      problems: ['line 3 has quotes around it'],
      since: laterBy(1000),
    })
    await clock.advance(1000)
    sidecarState.apply(source())
    expect(sidecarState.source).toMatchObject({ problems: [], since: laterBy(2000) })
  })
})

describe('a token', () => {
  it('keeps the moment of its state when an event repeats it', async () => {
    const { sidecarState, clock } = begin('a')
    await clock.advance(1000)
    sidecarState.apply(registration('a', 'waiting', { reason: 'broken', attempts: 1, retryInMs: 500 }))
    await clock.advance(1000)
    sidecarState.apply(registration('a', 'waiting', { reason: 'refused', attempts: 2, retryInMs: 700 }))
    expect(recordOf(sidecarState, 'a')).toMatchObject({
      state: 'waiting',
      sinceMs: laterBy(1000).getTime(),
      code: null,
      reason: 'refused',
      attempts: 2,
      retryAtMs: 2700,
    })
    sidecarState.apply(registration('a', 'registered', { confirmed: false }))
    expect(recordOf(sidecarState, 'a')).toMatchObject({
      state: 'registered',
      sinceMs: laterBy(2000).getTime(),
      code: null,
      reason: '',
      retryAtMs: null,
      confirmed: false,
    })
  })

  it('keeps whether the puppet accepts it, through every change of its registration', () => {
    const { sidecarState } = begin('a', 'b')
    sidecarState.apply(tokenChecked('a', false))
    sidecarState.apply(registration('a', 'registered'))
    expect(recordOf(sidecarState, 'a')?.accepted).toBe(false)
    expect(recordOf(sidecarState, 'b')?.accepted).toBeNull()
    sidecarState.apply(tokenChecked('a', true))
    expect(recordOf(sidecarState, 'a')?.accepted).toBe(true)
  })

  it('does not change the others', () => {
    const { sidecarState } = begin('a', 'b')
    const before = recordOf(sidecarState, 'b')
    sidecarState.apply(registration('a', 'registered'))
    expect(recordOf(sidecarState, 'b')).toBe(before)
  })
})

describe('where discovery leads', () => {
  const HOST = '203.0.113.7'
  const verification = (verdict: Verdict, code: DiscoveryTrouble | null = null): SidecarEvent => ({
    type: 'verification',
    id: 'a',
    verdict,
    code,
    host: HOST,
    port: null,
  })
  const discovery = (sidecarState: SidecarState): unknown => recordOf(sidecarState, 'a')?.discovery

  it('is what the last verification said, since it says so', async () => {
    const { sidecarState, clock } = begin('a')
    sidecarState.apply(registration('a', 'registered'))
    expect(discovery(sidecarState)).toBeNull()
    sidecarState.apply(verification('verified'))
    await clock.advance(60_000)
    sidecarState.apply(verification('verified'))
    const verified = { verdict: 'verified', code: null, host: HOST, port: null, sinceMs: START.getTime() }
    expect(discovery(sidecarState)).toEqual(verified)
    sidecarState.apply(verification('port_closed', 'DISCOVERY_PORT_CLOSED'))
    expect(discovery(sidecarState)).toMatchObject({
      verdict: 'port_closed',
      code: 'DISCOVERY_PORT_CLOSED',
      sinceMs: laterBy(60_000).getTime(),
    })
  })

  it('stays as it was when a verification says nothing', () => {
    const { sidecarState } = begin('a')
    sidecarState.apply(registration('a', 'registered'))
    sidecarState.apply(verification('unknown'))
    expect(discovery(sidecarState)).toMatchObject({ verdict: 'unknown' })
    sidecarState.apply(verification('verified'))
    sidecarState.apply(verification('unknown'))
    expect(discovery(sidecarState)).toMatchObject({ verdict: 'verified' })
  })

  it.each(['waiting', 'queued', 'closing', 'idle', 'stopped', 'refused'] as const)(
    'is forgotten with the connection: %s',
    (state) => {
      const { sidecarState } = begin('a')
      sidecarState.apply(registration('a', 'registered'))
      sidecarState.apply(verification('stale_link', 'DISCOVERY_STALE_LINK'))
      sidecarState.apply(registration('a', state))
      expect(discovery(sidecarState)).toBeNull()
      sidecarState.apply(verification('verified'))
      expect(discovery(sidecarState)).toBeNull()
    },
  )
})

describe('tokens that come and go', () => {
  it('are left out where they are not ours', () => {
    const { sidecarState } = begin('a')
    sidecarState.apply(registration('x', 'registered'))
    sidecarState.apply(tokenChecked('x', true))
    sidecarState.apply(gone('x'))
    expect(idsOf(sidecarState)).toEqual(['a'])
    expect([sidecarState.has('a'), sidecarState.has('x')]).toEqual([true, false])
    expect([sidecarState.size, sidecarState.count('idle'), sidecarState.count('registered')]).toEqual([
      1, 1, 0,
    ])
    expect(sidecarState.tokenAccepted).toBeNull()
  })

  it('are idle when they come, and the others stay as they are', async () => {
    const { sidecarState, clock } = begin('a')
    sidecarState.apply(registration('a', 'registered'))
    sidecarState.apply(tokenChecked('a', true))
    const before = recordOf(sidecarState, 'a')
    await clock.advance(1000)
    sidecarState.apply(tokens('a', 'b', 'b'))
    expect(idsOf(sidecarState)).toEqual(['a', 'b'])
    expect(recordOf(sidecarState, 'a')).toBe(before)
    expect(recordOf(sidecarState, 'b')).toMatchObject({ state: 'idle', sinceMs: laterBy(1000).getTime() })
  })

  it('stay after their removal until they have gone', () => {
    const { sidecarState } = begin('a', 'b')
    sidecarState.apply(registration('a', 'registered'))
    sidecarState.apply({ type: 'tokens', added: [], removed: ['a'] })
    expect(recordOf(sidecarState, 'a')).toMatchObject({ state: 'registered' })
    sidecarState.apply(gone('a'))
    expect(idsOf(sidecarState)).toEqual(['b'])
    expect([sidecarState.has('a'), sidecarState.size, sidecarState.count('registered')]).toEqual([
      false,
      1,
      0,
    ])
  })

  it('are new ones when they come again', async () => {
    const { sidecarState, clock } = begin('a')
    sidecarState.apply(registration('a', 'refused', { reason: 'HTTP: 401', attempts: 3, retryInMs: 300_000 }))
    sidecarState.apply(tokenChecked('a', false))
    sidecarState.apply(gone('a'))
    sidecarState.apply(registration('a', 'stopped'))
    await clock.advance(1000)
    sidecarState.apply(tokens('a'))
    expect(recordOf(sidecarState, 'a')).toEqual({
      id: 'a',
      state: 'idle',
      sinceMs: laterBy(1000).getTime(),
      code: null,
      reason: '',
      attempts: 0,
      retryAtMs: null,
      confirmed: null,
      accepted: null,
      advice: [],
      discovery: null,
    })
  })
})

it('drains for good', () => {
  const { sidecarState } = begin('a')
  sidecarState.apply({ type: 'draining' })
  sidecarState.apply(puppet('healthy'))
  expect(sidecarState.draining).toBe(true)
})

it.each<SidecarEvent>([
  { type: 'connected', id: 'a', result: 'registered' },
  { type: 'disconnected', id: 'a', cause: 'closed' },
  { type: 'withdrawn', id: 'a', cause: 'unhealthy' },
  { type: 'pong', id: 'a', rttMs: 1 },
  { type: 'question', id: 'a', method: 'other', result: 'not_found' },
  { type: 'ignored', id: 'a', kind: 'binary' },
])('does not change with $type', (event) => {
  const { sidecarState } = begin('a')
  const { puppet: puppetBefore, registry, source: sourceBefore, size } = sidecarState
  const before = recordOf(sidecarState, 'a')
  sidecarState.apply(event)
  expect(recordOf(sidecarState, 'a')).toBe(before)
  expect(sidecarState.puppet).toBe(puppetBefore)
  expect(sidecarState.registry).toBe(registry)
  expect(sidecarState.source).toBe(sourceBefore)
  expect([sidecarState.size, sidecarState.draining]).toEqual([size, false])
})
