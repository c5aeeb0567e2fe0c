import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PuppetHealth, RegistrationState } from '../../../../src/sidecar/events.ts'
import {
  readiness,
  readinessChecks,
  totalsOf,
  WAITS_FOR_ITS_TURN,
} from '../../../../src/sidecar/status/readiness.ts'
import type { SidecarState } from '../../../../src/sidecar/status/sidecar-state.ts'
import {
  countReads,
  gone,
  puppet,
  reachable,
  registration,
  STATES,
  stateOf,
  unreachable,
} from './status-harness.ts'

const isReady = (sidecarState: SidecarState): boolean => readinessChecks(sidecarState).every(({ ok }) => ok)
const readyWith = (states: readonly RegistrationState[], health: PuppetHealth = 'healthy'): boolean =>
  isReady(stateOf(states, health).sidecarState)

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
    const { sidecarState } = stateOf(['registered'])
    sidecarState.apply({ type: 'draining' })
    expect(isReady(sidecarState)).toBe(false)
  })

  it('exactly while the puppet is healthy, a token registered, none on its way, and nothing drains', () => {
    const states = fc.array(fc.constantFrom(...STATES.filter((state) => state !== 'closing')), {
      maxLength: 6,
    })
    const healths = fc.constantFrom<PuppetHealth>('unknown', 'healthy', 'unhealthy')
    fc.assert(
      fc.property(states, healths, fc.boolean(), (list, health, draining) => {
        const { sidecarState } = stateOf(list, health)
        if (draining) sidecarState.apply({ type: 'draining' })
        const onTheirWay = list.some((state) => ['queued', 'connecting', 'open', 'waiting'].includes(state))
        const wanted = health === 'healthy' && list.includes('registered') && !onTheirWay && !draining
        expect(isReady(sidecarState)).toBe(wanted)
      }),
      { numRuns: 500 },
    )
  })
})

describe('the checks', () => {
  it('are named, each with its detail', () => {
    const { sidecarState } = stateOf(['registered', 'connecting', 'waiting', 'queued', 'refused'])
    expect(readinessChecks(sidecarState)).toEqual([
      { name: 'puppet', ok: true, detail: 'healthy' },
      { name: 'registered', ok: true, detail: '1 of 5 registered' },
      { name: 'settled', ok: false, detail: `3 on their way (${WAITS_FOR_ITS_TURN})` },
      { name: 'draining', ok: true, detail: 'not draining' },
    ])
  })

  it('say why the puppet is not healthy', () => {
    const { sidecarState } = stateOf(['idle'], 'unhealthy')
    sidecarState.apply(puppet('unhealthy', 'nothing listens on 127.0.0.1:8788'))
    expect(readinessChecks(sidecarState)[0]).toEqual({
      name: 'puppet',
      ok: false,
      detail: 'nothing listens on 127.0.0.1:8788',
    })
  })
})

describe('the reason why tokens are still on their way', () => {
  const settled = (sidecarState: SidecarState): string => readinessChecks(sidecarState)[2]?.detail ?? ''

  it.each(['waiting', 'queued', 'connecting'] as const)('is the last failure of one that is %s', (state) => {
    const { sidecarState } = stateOf(['registered', 'queued', 'idle'])
    sidecarState.apply(registration('t2', state, { reason: 'HTTP: 503' }))
    expect(settled(sidecarState)).toBe('2 on their way (HTTP: 503)')
  })

  it('is the outage of the registry, while there is one', () => {
    const { sidecarState } = stateOf(['waiting', 'queued'])
    sidecarState.apply(registration('t0', 'waiting', { reason: 'HTTP: 503', retryInMs: 500 }))
    sidecarState.apply(unreachable('TCP: connection refused'))
    expect(settled(sidecarState)).toBe('2 on their way (TCP: connection refused)')
    sidecarState.apply(reachable)
    expect(settled(sidecarState)).toBe('2 on their way (HTTP: 503)')
  })

  it('is left out where there is none', () => {
    const { sidecarState } = stateOf(['registered', 'refused'])
    sidecarState.apply(registration('t1', 'refused', { reason: 'HTTP: 401', retryInMs: 300_000 }))
    expect(settled(sidecarState)).toBe('0 on their way')
  })

  it('is the last failure of one whose acknowledgement is awaited, too', () => {
    const { sidecarState } = stateOf(['registered', 'idle'])
    sidecarState.apply(
      registration('t1', 'open', { reason: 'acknowledgement: closed with 1006', attempts: 2 }),
    )
    expect(settled(sidecarState)).toBe('1 on their way (acknowledgement: closed with 1006)')
  })

  it('is not the reason of a settled token', () => {
    const { sidecarState } = stateOf(['refused', 'connecting'])
    sidecarState.apply(registration('t0', 'refused', { reason: 'HTTP: 401', retryInMs: 300_000 }))
    expect(settled(sidecarState)).toBe('1 on their way')
  })
})

describe('ten thousand tokens', () => {
  const ten = (state: RegistrationState): SidecarState =>
    stateOf(Array.from({ length: 10_000 }, () => state)).sidecarState

  it('are not read one by one once they are settled', () => {
    const sidecarState = ten('registered')
    sidecarState.apply(registration('t0', 'refused', { reason: 'HTTP: 401', retryInMs: 300_000 }))
    const looks = countReads(sidecarState)
    expect(isReady(sidecarState)).toBe(true)
    expect(totalsOf(sidecarState)).toMatchObject({ total: 10_000, registered: 9999, refused: 1 })
    expect(looks()).toBe(0)
  })

  it('are not read one by one while they wait for the registry, whose reason is that of all', () => {
    const sidecarState = ten('queued')
    sidecarState.apply(unreachable('TCP: connection refused'))
    const looks = countReads(sidecarState)
    expect(readinessChecks(sidecarState)[2]?.detail).toBe('10000 on their way (TCP: connection refused)')
    expect(looks()).toBe(0)
  })
})

describe('the totals', () => {
  it('count every state under one of five names', () => {
    const states = STATES.filter((state) => state !== 'closing')
    expect(totalsOf(stateOf(states).sidecarState)).toEqual({
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
    expect(totalsOf(stateOf([state]).sidecarState)).toEqual({ total: 1, ...none, [condition]: 1 })
  })

  it('add up, whatever the states', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...STATES), { maxLength: 20 }), (list) => {
        const { total, ...conditions } = totalsOf(stateOf(list).sidecarState)
        expect(total).toBe(list.length)
        expect(Object.values(conditions).reduce((sum, count) => sum + count, 0)).toBe(total)
      }),
    )
  })
})

it('registrations that the registry did not confirm are said, and are ready all the same', () => {
  const { sidecarState } = stateOf(['registered', 'registered', 'registered'])
  sidecarState.apply(registration('t1', 'registered', { confirmed: false, code: 'REGISTRY_UNCONFIRMED' }))
  expect(readiness(sidecarState)).toMatchObject({
    ready: true,
    verbose: expect.stringContaining(
      '[+] registered: 3 of 3 registered, 1 of them not confirmed by the registry',
    ),
  })
  sidecarState.apply(registration('t1', 'registered', { confirmed: true }))
  expect(readiness(sidecarState).verbose).toContain('registered: 3 of 3 registered\n')
  sidecarState.apply(registration('t1', 'registered', { confirmed: false }))
  sidecarState.apply(gone('t1'))
  expect(sidecarState.unconfirmed).toBe(0)
})
