import { describe, expect, it } from 'vitest'
import { remedyOf } from '../../../../src/sidecar/remedy.ts'
import { eventLogOf, type Line } from './event-log-harness.ts'
import { names, puppet, reachable, registration, source, tokens, unreachable } from './status-harness.ts'

/** What is true for all tokens together is told once, however many there are. */

describe.each([1, 10_000])('an outage of the registry, with %i tokens,', (count) => {
  it('is one line, however many attempts there are, and one more when it ends', async () => {
    const { lines, tell } = eventLogOf(count)
    const failures = Array.from({ length: 50 }, (_, index) =>
      unreachable('TCP: connection refused', index + 1, 500.4 + index),
    )
    await tell(...failures)
    expect(lines).toEqual([
      {
        level: 'warn',
        code: 'REGISTRY_REFUSED',
        cause: 'TCP: connection refused',
        attempt: 1,
        retryInMs: 500,
        msg: 'no connection to the registry: TCP: connection refused; trying again',
      },
    ])
    lines.length = 0
    await tell(reachable, reachable)
    expect(lines).toEqual([
      { level: 'info', lastedMs: 50_000, repeats: 49, msg: 'the registry can be reached again' },
    ])
  })
})

describe('an outage of the registry', () => {
  it('has sixteen lines for as many reasons, and further ones are counted: the registry may make up reasons', async () => {
    const { lines, tell } = eventLogOf(1)
    await tell(...Array.from({ length: 1000 }, (_, index) => unreachable(`HTTP: ${index}`)), reachable)
    const told = lines.filter(({ msg }) => !msg.startsWith('still'))
    expect(told.map(({ cause }) => cause)).toEqual([
      ...Array.from({ length: 16 }, (_, index) => `HTTP: ${index}`),
      undefined,
    ])
    expect(told.at(-1)).toMatchObject({ repeats: 984 })
  })

  it('is another line for another reason; reasons that alternate are written once each', async () => {
    const { lines, tell } = eventLogOf(10_000)
    const reasons = Array.from({ length: 100 }, (_, index) =>
      index % 2 === 0 ? 'TCP: connection refused' : 'DNS: its name does not resolve',
    )
    await tell(...reasons.map((reason) => unreachable(reason)), reachable)
    expect(lines).toMatchObject([
      { cause: 'TCP: connection refused' },
      { cause: 'DNS: its name does not resolve' },
      { msg: 'still so after 1 min: no connection to the registry: TCP: connection refused' },
      { lastedMs: 100_000, repeats: 98 },
    ])
  })

  it('is written again when it comes again, with how long the registry had been reachable', async () => {
    const { lines, tell, clock } = eventLogOf(1)
    await tell(unreachable('TCP: connection refused'), reachable)
    await clock.advance(59_000)
    await tell(unreachable('TCP: connection refused', 1), reachable)
    expect(lines.map(({ level, lastedMs, repeats }) => [level, lastedMs, repeats])).toEqual([
      ['warn', undefined, undefined],
      ['info', 1000, undefined],
      ['warn', 60_000, undefined],
      ['info', 1000, undefined],
    ])
  })

  it('is all that is written of ten thousand tokens that wait for it', async () => {
    const { lines, record, tell, clock } = eventLogOf(10_000)
    record(unreachable('TCP: connection refused'))
    record(...names(10_000).map((id) => registration(id, 'queued')))
    for (const id of names(20)) await tell(registration(id, 'connecting'), registration(id, 'queued'))
    expect(lines).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })
})

describe('a trouble that goes on', () => {
  const HOURS_3 = 3 * 60 * 60
  const still = (lines: readonly Line[]): readonly string[] =>
    lines.map(({ msg }) => msg).filter((msg) => msg.includes('still'))
  const AGES = ['1 min', '2 min', '5 min', '10 min', '30 min', '1 h', '2 h', '3 h']

  it('with the registry is repeated with growing gaps, once for ten thousand tokens', async () => {
    const { lines, tell } = eventLogOf(10_000)
    const attempts = Array.from({ length: HOURS_3 + 1 }, (_, index) =>
      unreachable('TCP: refused', index + 1, 800),
    )
    await tell(...attempts)
    expect(still(lines)).toEqual(
      AGES.map((age) => `still so after ${age}: no connection to the registry: TCP: refused`),
    )
    expect(lines[3]).toEqual({
      level: 'warn',
      code: 'REGISTRY_REFUSED',
      remedy: remedyOf('REGISTRY_REFUSED'),
      lastedMs: 300_000,
      msg: 'still so after 5 min: no connection to the registry: TCP: refused',
    })
  })

  it('begins anew when it comes again', async () => {
    const { lines, tell } = eventLogOf(1)
    const minutes = (count: number) =>
      Array.from({ length: count * 60 + 1 }, () => unreachable('TCP: refused'))
    await tell(...minutes(3), ...Array(11).fill(reachable), ...minutes(1))
    expect(still(lines).map((msg) => msg.split(':')[0])).toEqual([
      'still so after 1 min',
      'still so after 2 min',
      'still so after 1 min',
    ])
  })

  it('with the puppet is repeated as long as it is probed', async () => {
    const { lines, tell } = eventLogOf(1)
    const result = {
      ok: false,
      kind: 'refused',
      code: 'PUPPET_REFUSED',
      reason: 'nothing listens',
      tookMs: 1,
    } as const
    await tell(puppet('unhealthy', 'nothing listens'), ...Array(301).fill({ type: 'probed', result }))
    expect(still(lines)).toEqual(
      AGES.slice(0, 3).map((age) => `still so after ${age}: the puppet is unhealthy: nothing listens`),
    )
    lines.length = 0
    await tell(puppet('healthy'), ...Array(301).fill({ type: 'probed', result: { ...result, ok: true } }))
    expect(still(lines)).toEqual([])
  })
})

describe('tokens that change', () => {
  it('are written with how many came and go; those of the start are no change', async () => {
    const { lines, told, tell } = eventLogOf(3)
    expect(told).toEqual([])
    await tell(
      { type: 'tokens', added: ['t3', 't4'], removed: ['t0'] },
      { type: 'tokens', added: [], removed: ['t1'] },
    )
    expect(lines).toEqual([
      { level: 'info', added: 2, removed: 1, msg: 'the tokens changed: 2 added, 1 removed' },
      { level: 'info', added: 0, removed: 1, msg: 'the tokens changed: 0 added, 1 removed' },
    ])
  })

  it('by the thousand are one line', async () => {
    const { lines, tell } = eventLogOf(10_000)
    await tell({ type: 'tokens', added: names(20_000).slice(10_000), removed: names(10_000) })
    expect(lines.map(({ msg }) => msg)).toEqual(['the tokens changed: 10000 added, 10000 removed'])
  })

  it('are written in numbers, not by their names: the list can be long', async () => {
    const { lines, tell } = eventLogOf(1)
    await tell(tokens('0123456789ab'))
    expect(JSON.stringify(lines)).not.toContain('0123456789ab')
  })
})

describe('the file of the tokens', () => {
  it('has one error for its problems, which says that the tokens stay as they are', async () => {
    const { lines, tell } = eventLogOf(1)
    await tell(source(['line 3 has quotes around it', 'line 9 has quotes around it']))
    const cause = 'line 3 has quotes around it; line 9 has quotes around it'
    expect(lines).toEqual([
      {
        level: 'error',
        code: 'TOKEN_INVALID',
        remedy: remedyOf('TOKEN_INVALID'),
        msg: `the tokens stay as they are, because of their file: ${cause}`,
      },
    ])
  })

  it('has each warning when it is new, and not with each reading of the same', async () => {
    const { lines, tell } = eventLogOf(1)
    const repeated = 'line 4 is the same as line 1; used once'
    await tell(source([], [repeated]), source(['broken']), source([], [repeated, 'line 2 is short']))
    const both = `${repeated}; line 2 is short`
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      ['warn', `WECHATY_PUPPET_SERVICE_TOKEN_FILE ${repeated}`],
      ['error', 'the tokens stay as they are, because of their file: broken'],
      ['warn', `WECHATY_PUPPET_SERVICE_TOKEN_FILE ${both}`],
    ])
  })

  it('has no line when all is well', async () => {
    const { lines, tell } = eventLogOf(1, 'debug')
    await tell(source())
    expect(lines).toEqual([])
  })

  it('has a line when a problem is over', async () => {
    const { lines, tell } = eventLogOf(1)
    await tell(source(['there is no such file or folder']), ...Array(13).fill(source()))
    expect(lines.map(({ level }) => level)).toEqual(['error', 'info'])
  })
})
