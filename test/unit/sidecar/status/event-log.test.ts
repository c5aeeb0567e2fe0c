import { describe, expect, it } from 'vitest'
import type { PuppetWarning, SidecarEvent } from '../../../../src/sidecar/events.ts'
import { failedProbe } from '../../../../src/sidecar/probe/probe.ts'
import { eventLogOf } from './event-log-harness.ts'
import { puppet, registration } from './status-harness.ts'

const ids = ['t0', 't1'] as const
const [t0, t1] = ids

describe('the log of the puppet', () => {
  it('has one line a change, with the cause and how long the state before it lasted', async () => {
    const { lines, clock, tell } = eventLogOf(2)
    await tell(puppet('healthy'))
    await clock.advance(41_000)
    await tell(
      puppet('unhealthy', 'nothing listens on 127.0.0.1:8788'),
      puppet('healthy', '', { withdrawals: 1, holdMs: 0 }),
    )
    expect(lines).toEqual([
      { level: 'info', state: 'healthy', withdrawals: 0, msg: 'puppet is healthy' },
      {
        level: 'warn',
        state: 'unhealthy',
        code: 'PUPPET_REFUSED',
        cause: 'nothing listens on 127.0.0.1:8788',
        lastedMs: 42_000,
        msg: 'puppet is unhealthy: nothing listens on 127.0.0.1:8788',
      },
      { level: 'info', state: 'healthy', lastedMs: 1000, withdrawals: 1, msg: 'puppet is healthy' },
    ])
  })

  it('counts repeats, and says how many with the change that ends them', async () => {
    const { lines, tell } = eventLogOf(2)
    await tell(...Array.from({ length: 10 }, () => puppet('unhealthy', 'nothing listens')), puppet('healthy'))
    expect(lines).toHaveLength(2)
    expect(lines[1]).toMatchObject({ state: 'healthy', lastedMs: 10_000, repeats: 9 })
  })

  it('has nothing of a puppet that is not healthy yet at the start', async () => {
    const { lines, tell } = eventLogOf(2)
    await tell(puppet('unknown', 'nothing listens'), puppet('unhealthy', 'nothing listens'))
    expect(lines.map(({ level, state }) => [level, state])).toEqual([['warn', 'unhealthy']])
  })

  it('has each reason once while they alternate and the puppet stays unhealthy', async () => {
    const { lines, tell } = eventLogOf(2)
    const reasons = Array.from({ length: 100 }, (_, index) =>
      index % 2 === 0 ? 'nothing listens' : 'no answer in 1 s',
    )
    await tell(...reasons.map((reason) => puppet('unhealthy', reason)))
    expect(lines.filter(({ msg }) => !msg.startsWith('still so')).length).toBeLessThanOrEqual(2)
  })
})

describe('the log of a registration', () => {
  it('has one line a settled state, with the fields of the contract', async () => {
    const { lines, tell } = eventLogOf(2)
    await tell(
      registration(t0, 'waiting', { reason: 'TCP: connection refused', attempts: 1, retryInMs: 500 }),
      registration(t0, 'registered', { attempts: 2 }),
      registration(t0, 'idle', { attempts: 0 }),
    )
    expect(lines).toEqual([
      {
        level: 'warn',
        token: t0,
        state: 'waiting',
        attempt: 1,
        cause: 'TCP: connection refused',
        retryInMs: 500,
        msg: 'not registered: TCP: connection refused; trying again',
      },
      { level: 'info', token: t0, state: 'registered', attempt: 2, lastedMs: 1000, msg: 'registered' },
      { level: 'info', token: t0, state: 'idle', attempt: 0, lastedMs: 1000, msg: 'withdrawn' },
    ])
  })

  it('has transient states at debug only', async () => {
    const { lines, tell } = eventLogOf(2, 'debug')
    const states = ['queued', 'connecting', 'open', 'closing'] as const
    await tell(...states.map((state) => registration(t0, state)))
    expect(lines.map(({ level, state }) => [level, state])).toEqual([
      ['debug', 'queued'],
      ['debug', 'connecting'],
      ['debug', 'open'],
      ['debug', 'closing'],
    ])
  })

  it('has one line for a failure that repeats itself, and the count with its end', async () => {
    const { lines, tell } = eventLogOf(2)
    const failures = Array.from({ length: 20 }, (_, index) => [
      registration(t0, 'connecting', { attempts: index + 1 }),
      registration(t0, 'waiting', {
        reason: 'TCP: connection refused',
        attempts: index + 1,
        retryInMs: index,
      }),
    ])
    await tell(...failures.flat(), registration(t0, 'connecting'), registration(t0, 'registered'))
    expect(lines.map(({ state }) => state)).toEqual(['waiting', 'registered'])
    expect(lines[1]).toMatchObject({ lastedMs: 40_000, repeats: 19 })
  })

  it('has another line for another failure', async () => {
    const { lines, tell } = eventLogOf(2)
    await tell(
      registration(t0, 'waiting', { reason: 'DNS: its name does not resolve', retryInMs: 1 }),
      registration(t0, 'waiting', { reason: 'TCP: connection refused', retryInMs: 1 }),
    )
    expect(lines.map(({ cause }) => cause)).toEqual([
      'DNS: its name does not resolve',
      'TCP: connection refused',
    ])
  })

  it('has each cause once while they alternate and the registry is away', async () => {
    const { lines, tell } = eventLogOf(2)
    const causes = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? 'TCP: refused' : 'HTTP: 502'))
    await tell(...causes.map((reason) => registration(t0, 'waiting', { reason, retryInMs: 1 })))
    expect(lines.length).toBeLessThanOrEqual(2)
  })

  it('has an error for a refusal', async () => {
    const { lines, tell } = eventLogOf(2)
    await tell(
      registration(t0, 'refused', {
        code: 'REGISTRY_TOKEN_REFUSED',
        reason: 'HTTP 401',
        attempts: 3,
        retryInMs: 300_000,
      }),
    )
    expect(lines).toEqual([
      {
        level: 'error',
        token: t0,
        state: 'refused',
        attempt: 3,
        code: 'REGISTRY_TOKEN_REFUSED',
        cause: 'HTTP 401',
        retryInMs: 300_000,
        msg: 'refused: HTTP 401; trying again every minute',
      },
    ])
  })

  it('has a warning where the registry does not confirm, and a line for a late confirmation', async () => {
    const { lines, tell } = eventLogOf(2)
    await tell(registration(t0, 'registered', { confirmed: false }), registration(t0, 'registered'))
    expect(lines.map(({ level, state }) => [level, state])).toEqual([
      ['warn', 'registered'],
      ['info', 'registered'],
    ])
  })

  it('has one line for two withdrawals, and none where nothing was registered before', async () => {
    const { lines, tell } = eventLogOf(2)
    await tell(registration(t1, 'idle'), registration(t1, 'stopped'))
    expect(lines).toEqual([])
    await tell(registration(t0, 'registered'), registration(t0, 'idle'), registration(t0, 'stopped'))
    expect(lines.map(({ msg }) => msg)).toEqual(['registered', 'withdrawn'])
  })

  it('does not call withdrawn what was never registered', async () => {
    const { lines, tell } = eventLogOf(2)
    await tell(registration(t0, 'waiting', { reason: 'HTTP: 503', retryInMs: 500 }), registration(t0, 'idle'))
    expect(lines[1]).toMatchObject({ level: 'info', state: 'idle', msg: 'not trying any more' })
  })

  it('keeps tokens apart', async () => {
    const { lines, tell } = eventLogOf(2)
    await tell(registration(t0, 'registered'), registration(t1, 'registered'))
    expect(lines.map(({ token, lastedMs }) => [token, lastedMs])).toEqual([
      [t0, undefined],
      [t1, undefined],
    ])
  })
})

describe('a token that the puppet refuses', () => {
  const checked = (accepted: boolean | null): SidecarEvent => ({ type: 'tokenChecked', id: t0, accepted })

  it('is an error in capitals that says what to do', async () => {
    const { lines, tell } = eventLogOf(2)
    await tell(checked(false))
    expect(lines).toMatchObject([{ level: 'error', token: t0, code: 'PUPPET_REFUSES_TOKEN' }])
    expect(lines[0]?.msg).toContain('THE PUPPET REFUSES THIS TOKEN')
    expect(lines[0]?.remedy).toBe('give puppet and registrar the same token')
  })

  it('is written once, until that changes', async () => {
    const { lines, tell } = eventLogOf(2)
    await tell(checked(false), checked(false), ...Array(12).fill(checked(true)), checked(false))
    expect(lines.map(({ level, msg }) => [level, msg.split(':')[0]])).toEqual([
      ['error', 'THE PUPPET REFUSES THIS TOKEN'],
      ['info', 'the puppet accepts this token'],
      ['info', 'no longer so'],
      ['error', 'THE PUPPET REFUSES THIS TOKEN'],
    ])
  })

  it('is not written where it is not known', async () => {
    const { lines, tell } = eventLogOf(2)
    await tell(checked(null))
    expect(lines).toEqual([])
  })
})

describe('what is not a change', () => {
  const noise: readonly SidecarEvent[] = [
    { type: 'probed', result: { ok: true, tookMs: 1, tls: false, health: null } },
    { type: 'probed', result: { ...failedProbe('PUPPET_REFUSED', 'nothing listens'), tookMs: 1 } },
    { type: 'connected', id: t0, result: 'registered' },
    { type: 'disconnected', id: t0, cause: 'closed' },
    { type: 'withdrawn', id: t0, cause: 'unhealthy' },
    { type: 'pong', id: t0, rttMs: 1 },
    { type: 'question', id: t0, method: 'getHostieGrpcPort', result: 'answered' },
    { type: 'ignored', id: t0, kind: 'binary' },
  ]

  it.each(noise)('is written at trace only: $type', async (event) => {
    const quiet = eventLogOf(2, 'debug')
    await quiet.tell(event)
    expect(quiet.lines).toEqual([])
    const { lines, tell } = eventLogOf(2, 'trace')
    await tell(event)
    expect(lines).toEqual([{ level: 'trace', event, msg: event.type }])
  })
})

it('writes that it drains', async () => {
  const { lines, tell } = eventLogOf(2)
  await tell({ type: 'draining' })
  expect(lines).toMatchObject([{ level: 'info', state: 'draining' }])
})

describe('the log of what is odd with a puppet that lives', () => {
  const NOT_SERVING = { code: 'PUPPET_NOT_SERVING', text: 'its health service says NOT_SERVING' } as const
  const BUSY = { code: 'PUPPET_BUSY', text: 'all workers are busy' } as const
  const warn = (...warnings: readonly PuppetWarning[]): SidecarEvent => ({ type: 'puppetWarnings', warnings })

  it('has one line when it begins and one when it is over, with its code', async () => {
    const { lines, tell } = eventLogOf(1)
    await tell(warn(NOT_SERVING), warn(NOT_SERVING, BUSY), warn(BUSY), ...Array(12).fill(warn()))
    const words = (text: string): string => `the puppet answers, but ${text}`
    expect(lines.map(({ level, code, msg, lastedMs }) => [level, code, msg, lastedMs])).toEqual([
      ['warn', NOT_SERVING.code, words(NOT_SERVING.text), undefined],
      ['warn', BUSY.code, words(BUSY.text), undefined],
      ['info', NOT_SERVING.code, `no longer so: ${words(NOT_SERVING.text)}`, 2000],
      ['info', BUSY.code, `no longer so: ${words(BUSY.text)}`, 2000],
    ])
  })

  it('has one line of a puppet that says something else with every probe', async () => {
    const { lines, tell } = eventLogOf(1)
    for (let count = 0; count < 25; count += 1) await tell(warn(NOT_SERVING), warn())
    expect(lines).toHaveLength(1)
  })
})
