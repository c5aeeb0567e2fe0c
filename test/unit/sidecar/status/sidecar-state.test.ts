import { describe, expect, it } from 'vitest'
import type { Fact } from '../../../../src/sidecar/events.ts'
import { Board } from '../../../../src/sidecar/status/sidecar-state.ts'
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

function begin(...ids: readonly string[]): { board: Board; clock: FakeClock } {
  const clock = new FakeClock()
  const board = new Board(clock)
  board.apply(tokens(...ids))
  return { board, clock }
}

const idsOf = (board: Board): readonly string[] => [...board.tokens].map(({ id }) => id)

const good: Fact = { type: 'probed', result: { ok: true, tookMs: 1, tls: true, health: 'SERVING' } }
const bad: Fact = { type: 'probed', result: { ok: false, tookMs: 1, kind: 'failed', reason: 'broken' } }

describe('before anything has happened', () => {
  it('the puppet is unknown and every token idle', () => {
    const { board } = begin('a', 'b')
    expect(board.draining).toBe(false)
    expect(board.puppet).toEqual({
      state: 'unknown',
      since: START,
      reason: 'not probed yet',
      tls: null,
      health: null,
    })
    expect([...board.tokens].map(({ id, state, sinceMs }) => [id, state, sinceMs])).toEqual([
      ['a', 'idle', START.getTime()],
      ['b', 'idle', START.getTime()],
    ])
    expect(recordOf(board, 'a')).toEqual({
      id: 'a',
      state: 'idle',
      sinceMs: START.getTime(),
      reason: '',
      attempts: 0,
      retryAtMs: null,
      confirmed: null,
      accepted: null,
    })
  })

  it('there is no trouble with the registry or with where the tokens come from, and no token', () => {
    const board = new Board(new FakeClock())
    expect(board.registry).toEqual({
      reachable: true,
      since: START,
      reason: '',
      attempts: 0,
      retryAtMs: null,
    })
    expect(board.source).toEqual({ problems: [], since: START })
    expect(idsOf(board)).toEqual([])
    expect(board.size).toBe(0)
    expect(board.count('idle')).toBe(0)
    expect(board.tokenAccepted).toBeNull()
  })
})

describe('the puppet', () => {
  it('is since then in its state; a new reason does not begin it anew', async () => {
    const { board, clock } = begin('a')
    await clock.advance(1000)
    board.apply(puppet('unhealthy', 'nothing listens', { withdrawals: 2, holdMs: 1000 }))
    await clock.advance(1000)
    board.apply(puppet('unhealthy', 'no answer in 1 s', { withdrawals: 2, holdMs: 1000 }))
    expect(board.puppet).toMatchObject({
      state: 'unhealthy',
      since: laterBy(1000),
      reason: 'no answer in 1 s',
    })
    board.apply(puppet('healthy'))
    expect(board.puppet).toMatchObject({ state: 'healthy', since: laterBy(2000), reason: '' })
  })

  it('is what the last answer said of TLS and health; no probe changes its state', () => {
    const { board } = begin('a')
    board.apply(good)
    expect(board.puppet).toMatchObject({ state: 'unknown', tls: true, health: 'SERVING' })
    board.apply({ type: 'probed', result: { ok: true, tookMs: 1, tls: false, health: null } })
    expect(board.puppet).toMatchObject({ state: 'unknown', tls: false, health: null })
  })

  it('is no longer SERVING when it does not answer so any more', () => {
    const { board } = begin('a')
    board.apply(good)
    board.apply(bad)
    expect(board.puppet.health).not.toBe('SERVING')
  })
})

describe('the registry', () => {
  it('is since then out of reach; another reason and another attempt do not begin it anew', async () => {
    const { board, clock } = begin('a')
    await clock.advance(1000)
    board.apply(unreachable('TCP: connection refused', 1, 500))
    expect(board.registry).toEqual({
      reachable: false,
      since: laterBy(1000),
      reason: 'TCP: connection refused',
      attempts: 1,
      retryAtMs: 1500,
    })
    await clock.advance(500)
    board.apply(unreachable('DNS: its name does not resolve', 2, 1000))
    expect(board.registry).toEqual({
      reachable: false,
      since: laterBy(1000),
      reason: 'DNS: its name does not resolve',
      attempts: 2,
      retryAtMs: 2500,
    })
  })

  it('is since then in reach again, and nothing of the trouble is left', async () => {
    const { board, clock } = begin('a')
    board.apply(unreachable('TCP: connection refused'))
    await clock.advance(7000)
    board.apply(reachable)
    await clock.advance(1000)
    board.apply(reachable)
    expect(board.registry).toEqual({
      reachable: true,
      since: laterBy(7000),
      reason: '',
      attempts: 0,
      retryAtMs: null,
    })
  })

  it('changes no token: that is told of each', () => {
    const { board } = begin('a')
    const before = recordOf(board, 'a')
    board.apply(unreachable('TCP: connection refused'))
    expect(recordOf(board, 'a')).toBe(before)
  })
})

describe('where the tokens come from', () => {
  it('has its problems since it was read, until it is read without', async () => {
    const { board, clock } = begin('a')
    await clock.advance(1000)
    board.apply(source(['line 3 has quotes around it'], ['line 4 is the same as line 1; used once']))
    expect(board.source).toEqual({ problems: ['line 3 has quotes around it'], since: laterBy(1000) })
    await clock.advance(1000)
    board.apply(source())
    expect(board.source).toEqual({ problems: [], since: laterBy(2000) })
  })
})

describe('a token', () => {
  it('is since then in its state; telling it again does not begin it anew', async () => {
    const { board, clock } = begin('a')
    await clock.advance(1000)
    board.apply(registration('a', 'waiting', { reason: 'broken', attempts: 1, retryInMs: 500 }))
    await clock.advance(1000)
    board.apply(registration('a', 'waiting', { reason: 'refused', attempts: 2, retryInMs: 700 }))
    expect(recordOf(board, 'a')).toMatchObject({
      state: 'waiting',
      sinceMs: laterBy(1000).getTime(),
      reason: 'refused',
      attempts: 2,
      retryAtMs: 2700,
    })
    board.apply(registration('a', 'registered', { confirmed: false }))
    expect(recordOf(board, 'a')).toMatchObject({
      state: 'registered',
      sinceMs: laterBy(2000).getTime(),
      reason: '',
      retryAtMs: null,
      confirmed: false,
    })
  })

  it('keeps whether the puppet accepts it, through every change of its registration', () => {
    const { board } = begin('a', 'b')
    board.apply(tokenChecked('a', false))
    board.apply(registration('a', 'registered'))
    expect(recordOf(board, 'a')?.accepted).toBe(false)
    expect(recordOf(board, 'b')?.accepted).toBeNull()
    board.apply(tokenChecked('a', true))
    expect(recordOf(board, 'a')?.accepted).toBe(true)
  })

  it('leaves the others alone', () => {
    const { board } = begin('a', 'b')
    const before = recordOf(board, 'b')
    board.apply(registration('a', 'registered'))
    expect(recordOf(board, 'b')).toBe(before)
  })
})

describe('tokens that come and go', () => {
  it('one that is not ours is not taken in', () => {
    const { board } = begin('a')
    board.apply(registration('x', 'registered'))
    board.apply(tokenChecked('x', true))
    board.apply(gone('x'))
    expect(idsOf(board)).toEqual(['a'])
    expect([board.has('a'), board.has('x')]).toEqual([true, false])
    expect([board.size, board.count('idle'), board.count('registered')]).toEqual([1, 1, 0])
    expect(board.tokenAccepted).toBeNull()
  })

  it('one that comes is idle, and what is known of the others stays', async () => {
    const { board, clock } = begin('a')
    board.apply(registration('a', 'registered'))
    board.apply(tokenChecked('a', true))
    const before = recordOf(board, 'a')
    await clock.advance(1000)
    board.apply(tokens('a', 'b', 'b'))
    expect(idsOf(board)).toEqual(['a', 'b'])
    expect(recordOf(board, 'a')).toBe(before)
    expect(recordOf(board, 'b')).toMatchObject({ state: 'idle', sinceMs: laterBy(1000).getTime() })
  })

  it('one that is removed stays until it has gone', () => {
    const { board } = begin('a', 'b')
    board.apply(registration('a', 'registered'))
    board.apply({ type: 'tokens', added: [], removed: ['a'] })
    expect(recordOf(board, 'a')).toMatchObject({ state: 'registered' })
    board.apply(gone('a'))
    expect(idsOf(board)).toEqual(['b'])
    expect([board.has('a'), board.size, board.count('registered')]).toEqual([false, 1, 0])
  })

  it('one that comes again is as new', async () => {
    const { board, clock } = begin('a')
    board.apply(registration('a', 'refused', { reason: 'HTTP: 401', attempts: 3, retryInMs: 300_000 }))
    board.apply(tokenChecked('a', false))
    board.apply(gone('a'))
    board.apply(registration('a', 'stopped'))
    await clock.advance(1000)
    board.apply(tokens('a'))
    expect(recordOf(board, 'a')).toEqual({
      id: 'a',
      state: 'idle',
      sinceMs: laterBy(1000).getTime(),
      reason: '',
      attempts: 0,
      retryAtMs: null,
      confirmed: null,
      accepted: null,
    })
  })
})

it('draining has no way back', () => {
  const { board } = begin('a')
  board.apply({ type: 'draining' })
  board.apply(puppet('healthy'))
  expect(board.draining).toBe(true)
})

it.each<Fact>([
  { type: 'connected', id: 'a', result: 'registered' },
  { type: 'disconnected', id: 'a', cause: 'closed' },
  { type: 'withdrawn', id: 'a', cause: 'unhealthy' },
  { type: 'pong', id: 'a', rttMs: 1 },
  { type: 'question', id: 'a', method: 'other', result: 'not_found' },
  { type: 'ignored', id: 'a', kind: 'binary' },
])('$type changes nothing that is true now', (fact) => {
  const { board } = begin('a')
  const { puppet: puppetBefore, registry, source: sourceBefore, size } = board
  const before = recordOf(board, 'a')
  board.apply(fact)
  expect(recordOf(board, 'a')).toBe(before)
  expect(board.puppet).toBe(puppetBefore)
  expect(board.registry).toBe(registry)
  expect(board.source).toBe(sourceBefore)
  expect([board.size, board.draining]).toEqual([size, false])
})
