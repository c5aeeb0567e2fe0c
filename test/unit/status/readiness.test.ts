import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PuppetHealth, RegistrationState } from '../../../src/events.ts'
import type { Board } from '../../../src/status/board.ts'
import { readinessChecks, totalsOf } from '../../../src/status/readiness.ts'
import { boardOf, STATES } from './scene.ts'

const isReady = (board: Board): boolean => readinessChecks(board).every(({ ok }) => ok)
const readyWith = (states: readonly RegistrationState[], health: PuppetHealth = 'healthy'): boolean =>
  isReady(boardOf(states, health).board)

describe('ready', () => {
  it.each<[string, RegistrationState[], boolean]>([
    ['the one token is registered', ['registered'], true],
    ['all are registered', ['registered', 'registered'], true],
    ['a refused token is settled, it does not block', ['registered', 'refused'], true],
    ['none is registered: all are refused', ['refused', 'refused'], false],
    ['none is registered: idle', ['idle'], false],
    ['one is connecting', ['registered', 'connecting'], false],
    ['one is open and not acknowledged yet', ['registered', 'open'], false],
    ['one is waiting for its next attempt', ['registered', 'waiting'], false],
    [
      'one is closing while the puppet is healthy: it is about to come back',
      ['registered', 'closing'],
      false,
    ],
    ['there is no token', [], false],
  ])('%s', (_rule, states, wanted) => {
    expect(readyWith(states)).toBe(wanted)
  })

  it.each(['unknown', 'unhealthy'] as const)('never while the puppet is %s', (health) => {
    expect(readyWith(['registered'], health)).toBe(false)
  })

  it('never while draining', () => {
    const { board } = boardOf(['registered'])
    board.apply({ type: 'draining' })
    expect(isReady(board)).toBe(false)
  })

  it('exactly while healthy, one registered, none on its way, not draining', () => {
    const states = fc.array(fc.constantFrom(...STATES.filter((state) => state !== 'closing')), {
      maxLength: 6,
    })
    const healths = fc.constantFrom<PuppetHealth>('unknown', 'healthy', 'unhealthy')
    fc.assert(
      fc.property(states, healths, fc.boolean(), (list, health, draining) => {
        const { board } = boardOf(list, health)
        if (draining) board.apply({ type: 'draining' })
        const onTheirWay = list.some(
          (state) => state === 'connecting' || state === 'open' || state === 'waiting',
        )
        const wanted = health === 'healthy' && list.includes('registered') && !onTheirWay && !draining
        expect(isReady(board)).toBe(wanted)
      }),
      { numRuns: 500 },
    )
  })
})

describe('the checks', () => {
  it('are named, and say what each of them saw', () => {
    const { board } = boardOf(['registered', 'connecting', 'waiting', 'refused'])
    expect(readinessChecks(board)).toEqual([
      { name: 'puppet', ok: true, detail: 'healthy' },
      { name: 'registered', ok: true, detail: '1 of 4 registered' },
      { name: 'settled', ok: false, detail: '2 on their way' },
      { name: 'draining', ok: true, detail: 'not draining' },
    ])
  })

  it('say why the puppet is not healthy', () => {
    const { board } = boardOf(['idle'], 'unhealthy')
    board.apply({
      type: 'puppet',
      health: 'unhealthy',
      reason: 'nothing listens on 127.0.0.1:8788',
      damping: { withdrawals: 0, holdMs: 0 },
    })
    expect(readinessChecks(board)[0]).toEqual({
      name: 'puppet',
      ok: false,
      detail: 'nothing listens on 127.0.0.1:8788',
    })
  })
})

describe('the totals', () => {
  it('count every state under one of five conditions', () => {
    const states = STATES.filter((state) => state !== 'closing')
    expect(totalsOf(boardOf(states).board)).toEqual({
      total: 7,
      registered: 1,
      connecting: 2,
      waiting: 1,
      refused: 1,
      idle: 2,
    })
  })

  it('add up, whatever the states', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...STATES), { maxLength: 20 }), (list) => {
        const { total, ...conditions } = totalsOf(boardOf(list).board)
        expect(total).toBe(list.length)
        expect(Object.values(conditions).reduce((sum, count) => sum + count, 0)).toBe(total)
      }),
    )
  })
})
