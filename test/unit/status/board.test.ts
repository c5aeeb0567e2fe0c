import { describe, expect, it } from 'vitest'
import type { Fact } from '../../../src/events.ts'
import { Board } from '../../../src/status/board.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { puppet, registration } from './scene.ts'

const START = new Date('2026-01-01T00:00:00Z')
const laterBy = (ms: number): Date => new Date(START.getTime() + ms)

function begin(...ids: readonly string[]): { board: Board; clock: FakeClock } {
  const clock = new FakeClock()
  return { board: new Board(ids, clock), clock }
}

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
    expect([...board.tokens].map(({ id, state, since }) => [id, state, since])).toEqual([
      ['a', 'idle', START],
      ['b', 'idle', START],
    ])
    expect(board.token('a')).toEqual({
      id: 'a',
      state: 'idle',
      since: START,
      reason: '',
      attempts: 0,
      retryAtMs: null,
      confirmed: null,
      accepted: null,
    })
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

describe('a token', () => {
  it('is since then in its state; telling it again does not begin it anew', async () => {
    const { board, clock } = begin('a')
    await clock.advance(1000)
    board.apply(registration('a', 'waiting', { reason: 'broken', attempts: 1, retryInMs: 500 }))
    await clock.advance(1000)
    board.apply(registration('a', 'waiting', { reason: 'refused', attempts: 2, retryInMs: 700 }))
    expect(board.token('a')).toMatchObject({
      state: 'waiting',
      since: laterBy(1000),
      reason: 'refused',
      attempts: 2,
      retryAtMs: 2700,
    })
    board.apply(registration('a', 'registered', { confirmed: false }))
    expect(board.token('a')).toMatchObject({
      state: 'registered',
      since: laterBy(2000),
      reason: '',
      retryAtMs: null,
      confirmed: false,
    })
  })

  it('keeps whether the puppet accepts it, through every change of its registration', () => {
    const { board } = begin('a', 'b')
    board.apply({ type: 'tokenChecked', id: 'a', accepted: false })
    board.apply(registration('a', 'registered'))
    expect(board.token('a')?.accepted).toBe(false)
    expect(board.token('b')?.accepted).toBeNull()
    board.apply({ type: 'tokenChecked', id: 'a', accepted: true })
    expect(board.token('a')?.accepted).toBe(true)
  })

  it('that is not ours is not taken in', () => {
    const { board } = begin('a')
    board.apply(registration('x', 'registered'))
    board.apply({ type: 'tokenChecked', id: 'x', accepted: true })
    expect([...board.tokens]).toHaveLength(1)
    expect(board.token('x')).toBeUndefined()
  })

  it('leaves the others alone', () => {
    const { board } = begin('a', 'b')
    const before = board.token('b')
    board.apply(registration('a', 'registered'))
    expect(board.token('b')).toBe(before)
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
  const [before, puppetBefore] = [board.token('a'), board.puppet]
  board.apply(fact)
  expect(board.token('a')).toEqual(before)
  expect(board.puppet).toEqual(puppetBefore)
})
