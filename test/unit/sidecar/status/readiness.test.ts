import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PuppetHealth, RegistrationState } from '../../../../src/sidecar/events.ts'
import type { Board } from '../../../../src/sidecar/status/sidecar-state.ts'
import { readinessChecks, totalsOf, WAITS_FOR_ITS_TURN } from '../../../../src/sidecar/status/readiness.ts'
import { boardOf, countLooks, puppet, reachable, registration, STATES, unreachable } from './status-harness.ts'

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
    ['one is waiting for its turn', ['registered', 'queued'], false],
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
        const onTheirWay = list.some((state) => ['queued', 'connecting', 'open', 'waiting'].includes(state))
        const wanted = health === 'healthy' && list.includes('registered') && !onTheirWay && !draining
        expect(isReady(board)).toBe(wanted)
      }),
      { numRuns: 500 },
    )
  })
})

describe('the checks', () => {
  it('are named, and say what each of them saw', () => {
    const { board } = boardOf(['registered', 'connecting', 'waiting', 'queued', 'refused'])
    expect(readinessChecks(board)).toEqual([
      { name: 'puppet', ok: true, detail: 'healthy' },
      { name: 'registered', ok: true, detail: '1 of 5 registered' },
      { name: 'settled', ok: false, detail: `3 on their way (${WAITS_FOR_ITS_TURN})` },
      { name: 'draining', ok: true, detail: 'not draining' },
    ])
  })

  it('say why the puppet is not healthy', () => {
    const { board } = boardOf(['idle'], 'unhealthy')
    board.apply(puppet('unhealthy', 'nothing listens on 127.0.0.1:8788'))
    expect(readinessChecks(board)[0]).toEqual({
      name: 'puppet',
      ok: false,
      detail: 'nothing listens on 127.0.0.1:8788',
    })
  })
})

describe('why tokens are still on their way', () => {
  const settled = (board: Board): string => readinessChecks(board)[2]?.detail ?? ''

  it.each(['waiting', 'queued', 'connecting'] as const)('is the last trouble of one that is %s', (state) => {
    const { board } = boardOf(['registered', 'queued', 'idle'])
    board.apply(registration('t2', state, { reason: 'HTTP: 503' }))
    expect(settled(board)).toBe('2 on their way (HTTP: 503)')
  })

  it('is that nobody gets to the registry, while that is so', () => {
    const { board } = boardOf(['waiting', 'queued'])
    board.apply(registration('t0', 'waiting', { reason: 'HTTP: 503', retryInMs: 500 }))
    board.apply(unreachable('TCP: connection refused'))
    expect(settled(board)).toBe('2 on their way (TCP: connection refused)')
    board.apply(reachable)
    expect(settled(board)).toBe('2 on their way (HTTP: 503)')
  })

  it('is not said where none is', () => {
    const { board } = boardOf(['registered', 'refused'])
    board.apply(registration('t1', 'refused', { reason: 'HTTP: 401', retryInMs: 300_000 }))
    expect(settled(board)).toBe('0 on their way')
  })

  it('is the last trouble of one whose acknowledgement is awaited, too', () => {
    const { board } = boardOf(['registered', 'idle'])
    board.apply(registration('t1', 'open', { reason: 'acknowledgement: closed with 1006', attempts: 2 }))
    expect(settled(board)).toBe('1 on their way (acknowledgement: closed with 1006)')
  })

  it('is not what a settled token suffers from', () => {
    const { board } = boardOf(['refused', 'connecting'])
    board.apply(registration('t0', 'refused', { reason: 'HTTP: 401', retryInMs: 300_000 }))
    expect(settled(board)).toBe('1 on their way')
  })
})

describe('ten thousand tokens', () => {
  const ten = (state: RegistrationState): Board => boardOf(Array.from({ length: 10_000 }, () => state)).board

  it('are not walked over once they are settled', () => {
    const board = ten('registered')
    board.apply(registration('t0', 'refused', { reason: 'HTTP: 401', retryInMs: 300_000 }))
    const looks = countLooks(board)
    expect(isReady(board)).toBe(true)
    expect(totalsOf(board)).toMatchObject({ total: 10_000, registered: 9999, refused: 1 })
    expect(looks()).toBe(0)
  })

  it('nor while they wait for the registry: its reason is that of all', () => {
    const board = ten('queued')
    board.apply(unreachable('TCP: connection refused'))
    const looks = countLooks(board)
    expect(readinessChecks(board)[2]?.detail).toBe('10000 on their way (TCP: connection refused)')
    expect(looks()).toBe(0)
  })
})

describe('the totals', () => {
  it('count every state under one of five conditions', () => {
    const states = STATES.filter((state) => state !== 'closing')
    expect(totalsOf(boardOf(states).board)).toEqual({
      total: 8,
      registered: 1,
      connecting: 2,
      waiting: 2,
      refused: 1,
      idle: 2,
    })
  })

  it.each<[RegistrationState, string]>([
    ['idle', 'idle'],
    ['queued', 'waiting'],
    ['connecting', 'connecting'],
    ['open', 'connecting'],
    ['registered', 'registered'],
    ['waiting', 'waiting'],
    ['refused', 'refused'],
    ['closing', 'idle'],
    ['stopped', 'idle'],
  ])('count %s as %s', (state, condition) => {
    const none = { registered: 0, connecting: 0, waiting: 0, refused: 0, idle: 0 }
    expect(totalsOf(boardOf([state]).board)).toEqual({ total: 1, ...none, [condition]: 1 })
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
