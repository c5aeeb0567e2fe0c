import { describe, expect, it } from 'vitest'
import { ADVICE_CODES } from '../../../../src/protocol/advice.ts'
import { remedyOf } from '../../../../src/sidecar/remedy.ts'
import { createMetrics } from '../../../../src/sidecar/status/metrics.ts'
import { readiness } from '../../../../src/sidecar/status/readiness.ts'
import { eventLogOf } from './event-log-harness.ts'
import { advice, recordOf, registration, stateOf } from './status-harness.ts'

describe('what the registry advises', () => {
  it('is kept for its token, the newest of each topic, until all is clear', () => {
    const { sidecarState } = stateOf(['registered', 'registered'])
    const codes = (): unknown => recordOf(sidecarState, 't0')?.advice.map(({ code }) => code)
    for (const code of ['PUBLISHED_NEARBY', 'PORT_CLOSED', 'TOKEN_SHARED', 'TOKEN_SUPERSEDED'] as const)
      sidecarState.apply(advice(code))
    expect(codes()).toEqual(['PUBLISHED_NEARBY', 'PORT_CLOSED', 'TOKEN_SUPERSEDED'])
    sidecarState.apply(advice('PORT_OPEN'))
    sidecarState.apply(advice('TOKEN_ALONE'))
    expect(codes()).toEqual(['PUBLISHED_NEARBY'])
    expect(recordOf(sidecarState, 't1')?.advice).toEqual([])
  })

  it.each(['waiting', 'queued', 'closing', 'idle'] as const)('ends with its connection: %s', (state) => {
    const { sidecarState } = stateOf(['registered'])
    sidecarState.apply(advice('UNPUBLISHED_IPV6'))
    sidecarState.apply(registration('t0', state))
    expect([recordOf(sidecarState, 't0')?.advice, sidecarState.unpublished]).toEqual([[], 0])
    // What comes late is about the connection before.
    sidecarState.apply(advice('UNPUBLISHED_IPV6'))
    expect(recordOf(sidecarState, 't0')?.advice).toEqual([])
  })

  it('of a token that is not known changes nothing', () => {
    const { sidecarState } = stateOf(['registered'])
    sidecarState.apply(advice('UNPUBLISHED_IPV6', 'some words', 'stranger'))
    expect(sidecarState.unpublished).toBe(0)
  })
})

describe('ready', () => {
  it.each(ADVICE_CODES.filter((code) => code.startsWith('UNPUBLISHED_')))(
    'never while the registry says that it publishes no token: %s',
    (code) => {
      const { sidecarState } = stateOf(['registered'])
      sidecarState.apply(advice(code, 'no client can use it'))
      expect(readiness(sidecarState)).toMatchObject({
        ready: false,
        brief: `[-] registered: 1 of 1 registered, 1 of them not published (${code}: no client can use it)`,
      })
      sidecarState.apply(advice('PUBLISHED_NEARBY'))
      expect(readiness(sidecarState).ready).toBe(true)
    },
  )

  it('while one token is published, and where the registry only cannot open a port', () => {
    const { sidecarState } = stateOf(['registered', 'registered'])
    sidecarState.apply(advice('UNPUBLISHED_HOST'))
    sidecarState.apply(advice('PORT_CLOSED', 'nothing listens', 't1'))
    expect(readiness(sidecarState).ready).toBe(true)
    sidecarState.apply({ type: 'gone', id: 't0' })
    expect([readiness(sidecarState).ready, sidecarState.unpublished]).toEqual([true, 0])
  })
})

describe('the log of advice', () => {
  it('has one line for each, whichever token it is for, and one when all is clear', async () => {
    const { lines, record, clock } = eventLogOf(2)
    record(registration('t0', 'registered'), registration('t1', 'registered'))
    lines.length = 0
    record(advice('PORT_CLOSED', 'it is closed'), advice('PORT_CLOSED', 'it is closed', 't1'))
    const remedy = remedyOf('PORT_CLOSED')
    const msg = 'the registry advises: it is closed'
    expect(lines).toEqual([{ level: 'warn', token: 't0', code: 'PORT_CLOSED', remedy, msg }])
    record(advice('TOKEN_SHARED'), advice('PORT_OPEN', 'it is open'))
    await clock.advance(10_001)
    record(advice('REGISTRY_SAYS'))
    expect(lines.map(({ code }) => code)).toEqual(['PORT_CLOSED', 'TOKEN_SHARED', 'REGISTRY_SAYS'])
    record(advice('PORT_OPEN', 'it is open', 't1'))
    await clock.advance(10_001)
    record(advice('TOKEN_SHARED'))
    expect(lines.at(-1)).toEqual({
      level: 'info',
      code: 'PORT_CLOSED',
      lastedMs: 10_001,
      msg: 'no longer so: the registry advises: it is closed',
    })
  })

  it('has nothing of a token that is registered anew and of which the registry then says the same', async () => {
    const { lines, tell } = eventLogOf(1)
    await tell(registration('t0', 'registered'), advice('PORT_CLOSED', 'it is closed'))
    lines.length = 0
    await tell(registration('t0', 'closing'), registration('t0', 'queued'), registration('t0', 'open'))
    await tell(
      advice('PORT_CLOSED', 'it is closed'),
      ...Array(20).fill(advice('PORT_CLOSED', 'it is closed')),
    )
    expect(lines).toEqual([])
  })

  it('has at most 10 lines in 10 s, and 16 of one code, however many words somebody finds', async () => {
    const { lines, record, clock, sidecarState } = eventLogOf(1)
    record(registration('t0', 'registered'))
    lines.length = 0
    for (let index = 0; index < 5000; index += 1) record(advice('REGISTRY_SAYS', `word ${index}`))
    expect(lines).toHaveLength(10)
    for (let index = 0; index < 20; index += 1) {
      await clock.advance(10_000)
      record(advice('REGISTRY_SAYS', `another ${index}`))
    }
    expect(lines.length).toBeLessThanOrEqual(16)
    expect(sidecarState.problems.lasting.map(({ message }) => message)).toEqual([
      'the registry advises: another 19',
    ])
  })
})

it('is counted by its code', async () => {
  const { sidecarState } = stateOf(['registered'])
  const metrics = createMetrics(sidecarState, '1.2.3')
  metrics.apply(advice('PORT_CLOSED'))
  metrics.apply(advice('REGISTRY_SAYS', '"} 7\n'))
  const { text } = await metrics.expose()
  expect(text).toContain('puppet_registrar_advice_total{code="PORT_CLOSED"} 1\n')
  expect(text).toContain('puppet_registrar_advice_total{code="REGISTRY_SAYS"} 1\n')
  expect(text.match(/advice_total\{/g)).toHaveLength(ADVICE_CODES.length)
})
