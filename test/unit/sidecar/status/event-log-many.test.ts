import { describe, expect, it } from 'vitest'
import type { SidecarEvent } from '../../../../src/sidecar/events.ts'
import { eventLogOf } from './event-log-harness.ts'
import { gone, names, puppet, registration, tokenChecked, tokens } from './status-harness.ts'

const SECOND = 1000
const registered = (id: string): SidecarEvent => registration(id, 'registered')
const waiting = (id: string, reason = 'HTTP: 503', attempts = 1): SidecarEvent =>
  registration(id, 'waiting', { reason, attempts, retryInMs: 500 })
const refused = (id: string): SidecarEvent =>
  registration(id, 'refused', { reason: 'HTTP: 401', attempts: 3, retryInMs: 300_000 })

describe('the log of up to ten tokens', () => {
  it('has each change at once, and nothing waits', () => {
    const { lines, clock, record } = eventLogOf(10)
    record(...names(10).map(registered), ...names(10).map((id) => waiting(id)))
    expect(lines.map(({ msg }) => msg)).toEqual([
      ...names(10).map(() => 'registered'),
      ...names(10).map(() => 'not registered: HTTP: 503; trying again'),
    ])
    expect(clock.pending).toBe(0)
  })
})

describe('the log of more than ten tokens', () => {
  it('has up to ten changes in a second one by one, as if there were few', async () => {
    const { lines, clock, record } = eventLogOf(11)
    record(waiting('t0'), ...names(9).map(registered))
    expect(lines).toEqual([])
    await clock.advance(SECOND)
    expect(lines).toEqual([
      {
        level: 'warn',
        token: 't0',
        state: 'waiting',
        attempt: 1,
        cause: 'HTTP: 503',
        retryInMs: 500,
        msg: 'not registered: HTTP: 503; trying again',
      },
      { level: 'info', token: 't0', state: 'registered', attempt: 1, lastedMs: 0, msg: 'registered' },
      ...names(9)
        .slice(1)
        .map((token) => ({ level: 'info', token, state: 'registered', attempt: 1, msg: 'registered' })),
    ])
  })

  it('has one line for more changes in a second: how many of each kind, and the totals', async () => {
    const { lines, clock, record } = eventLogOf(11)
    record(...names(11).map(registered))
    expect(lines).toEqual([])
    await clock.advance(SECOND)
    expect(lines).toEqual([
      {
        level: 'info',
        changes: { registered: 11 },
        registered: 11,
        total: 11,
        msg: '11 registered; now 11 of 11 registered',
      },
    ])
  })

  it('has a warning with the newest cause where there is trouble among them', async () => {
    const { lines, clock, record } = eventLogOf(100)
    record(...names(50).map((id) => waiting(id)), ...names(50).slice(20).map(registered))
    await clock.advance(SECOND)
    expect(lines).toEqual([
      {
        level: 'warn',
        changes: { waiting: 50, registered: 30 },
        registered: 30,
        total: 100,
        cause: 'HTTP: 503',
        tokens: ['t0', 't1', 't2'],
        msg: '50 waiting, 30 registered; now 30 of 100 registered (HTTP: 503)',
      },
    ])
  })

  it('has a word of its own for every kind of change', async () => {
    const { lines, clock, record } = eventLogOf(100)
    record(
      ...names(20).map(registered),
      registration('t20', 'registered', { confirmed: false }),
      waiting('t21'),
      refused('t22'),
      registration('t0', 'idle'),
    )
    await clock.advance(SECOND)
    expect(lines[0]?.changes).toEqual({
      registered: 20,
      unconfirmed: 1,
      waiting: 1,
      refused: 1,
      withdrawn: 1,
    })
  })

  it('takes it for trouble that the registry confirms none of them', async () => {
    const { lines, clock, record } = eventLogOf(20)
    record(...names(20).map((id) => registration(id, 'registered', { confirmed: false })))
    await clock.advance(SECOND)
    expect(lines).toMatchObject([
      { level: 'warn', changes: { unconfirmed: 20 }, cause: 'the registry did not confirm' },
    ])
  })

  it('names one token that is refused while many others register', async () => {
    const { lines, clock, record } = eventLogOf(100)
    record(...names(100).slice(1).map(registered), refused('t0'))
    await clock.advance(SECOND)
    expect(lines).toMatchObject([{ level: 'warn', cause: 'HTTP: 401', tokens: ['t0'] }])
  })

  it('does not name the trouble of the second before again', async () => {
    const { lines, clock, record } = eventLogOf(100)
    record(...names(20).map((id) => waiting(id)))
    await clock.advance(SECOND)
    record(...names(20).map(registered))
    await clock.advance(SECOND)
    expect(lines[1]).toEqual({
      level: 'info',
      changes: { registered: 20 },
      registered: 20,
      total: 100,
      msg: '20 registered; now 20 of 100 registered',
    })
  })

  it('names a token once that is in trouble twice', async () => {
    const { lines, clock, record } = eventLogOf(100)
    record(waiting('t0', 'HTTP: 401'), refused('t0'), ...names(20).slice(1).map(registered))
    await clock.advance(SECOND)
    expect(lines[0]?.tokens).toEqual(['t0'])
  })

  it('names only tokens that have the cause which is written', async () => {
    const { lines, clock, record } = eventLogOf(100)
    record(...names(20).map((id) => waiting(id)), refused('t20'))
    await clock.advance(SECOND)
    expect(lines[0]).toMatchObject({ cause: 'HTTP: 401', tokens: ['t20'] })
  })

  it('counts repeats until the change that ends them', async () => {
    const { lines, tell, record } = eventLogOf(11)
    for (let attempt = 1; attempt <= 20; attempt += 1) await tell(waiting('t0', 'HTTP: 503', attempt))
    expect(lines).toHaveLength(1)
    record(...names(11).slice(1).map(registered))
    await tell(registered('t0'))
    expect(lines[1]).toMatchObject({ changes: { registered: 11 } })
    await tell(waiting('t0'), waiting('t0'), waiting('t0'), registered('t0'))
    expect(lines.slice(2)).toMatchObject([
      { token: 't0', state: 'waiting' },
      { token: 't0', state: 'registered', repeats: 2 },
    ])
  })

  it('has nothing when the puppet accepts them, and a line when it does not any more', async () => {
    const { lines, tell, record } = eventLogOf(11)
    record(...names(11).map((id) => tokenChecked(id, true)))
    await tell(tokenChecked('t3', false), tokenChecked('t3', true))
    expect(lines).toMatchObject([{ level: 'error', token: 't3', code: 'PUPPET_REFUSES_TOKEN' }])
  })

  it('keeps the order of events, also when few tokens are left', async () => {
    const { lines, clock, record } = eventLogOf(11)
    record(registered('t0'), gone('t10'), waiting('t0'))
    await clock.advance(SECOND)
    expect(lines.map(({ state }) => state)).toEqual(['registered', 'waiting'])
  })
})

/** Lets tokens change one after the other, round and round, a hundred a second, for a hundred seconds. */
async function live(count: number): Promise<{ lines: readonly Record<string, unknown>[]; pending: number }> {
  const { lines, clock, record } = eventLogOf(count)
  let turn = 0
  for (let slice = 0; slice < 1000; slice += 1) {
    for (let change = 0; change < 10; change += 1) {
      const id = `t${turn % count}`
      record(Math.floor(turn / count) % 2 === 0 ? registered(id) : waiting(id))
      turn += 1
    }
    await clock.advance(100)
  }
  await clock.advance(SECOND)
  return { lines, pending: clock.pending }
}

describe('a hundred changes a second for a hundred seconds', () => {
  it.each([100, 1000, 10_000])(
    'of %i tokens are a line a second, and nothing waits in the end',
    async (count) => {
      const { lines, pending } = await live(count)
      expect(lines.length).toBeGreaterThan(90)
      expect(lines.length).toBeLessThanOrEqual(101)
      expect(pending).toBe(0)
      const told = lines.flatMap(({ changes }) => Object.values(changes as Record<string, number>))
      expect(told.reduce((sum, changed) => sum + changed, 0)).toBe(10_000)
      expect(lines.at(-1)).toMatchObject({ total: count })
    },
  )
})

it('writes one line when ten thousand tokens are lost at once, and one when they are back', async () => {
  const all = names(10_000)
  const { lines, tell, record, clock } = eventLogOf(all.length)
  record(...all.map(registered))
  await clock.advance(SECOND)
  record(...all.map((id) => waiting(id, 'closed: 1006')))
  await clock.advance(SECOND)
  record(...all.map((id) => registration(id, 'queued', { reason: 'closed: 1006' })), ...all.map(registered))
  await tell(puppet('healthy'))
  expect(lines.map(({ msg }) => msg)).toEqual([
    '10000 registered; now 10000 of 10000 registered',
    '10000 waiting; now 0 of 10000 registered (closed: 1006)',
    'puppet is healthy',
    '10000 registered; now 10000 of 10000 registered',
  ])
})

describe('the end', () => {
  it('writes what waits, and leaves no timer', () => {
    const { lines, clock, eventLog, record } = eventLogOf(1000)
    record(
      ...names(1000).map(registered),
      { type: 'draining' },
      ...names(1000).map((id) => registration(id, 'stopped')),
    )
    eventLog.end()
    expect(lines.map(({ msg }) => msg)).toEqual([
      'draining: withdrawing every token',
      '1000 registered, 1000 withdrawn; now 0 of 1000 registered',
    ])
    expect(clock.pending).toBe(0)
  })

  it('writes nothing where nothing waits', () => {
    const { lines, clock, eventLog } = eventLogOf(1000)
    eventLog.end()
    eventLog.end()
    expect([lines, clock.pending]).toEqual([[], 0])
  })
})

describe('tokens that have gone', () => {
  it('leave nothing behind: tokens that come again under the same names are new ones', async () => {
    const all = names(1000)
    const { lines, tell, record, clock } = eventLogOf(all.length)
    record(
      ...all.flatMap((id) => [waiting(id), registered(id), waiting(id), waiting(id), tokenChecked(id, true)]),
    )
    await clock.advance(SECOND)
    record(
      ...all.map(gone),
      ...all.flatMap((id) => [registration(id, 'closing'), registration(id, 'stopped')]),
    )
    await clock.advance(SECOND)
    lines.length = 0
    record(tokens('t0', 't1', 't2'))
    await tell(registration('t0', 'idle'), waiting('t1'), registered('t2'), tokenChecked('t1', true))
    expect(lines).toEqual([
      { level: 'info', added: 3, removed: 0, msg: 'the tokens changed: 3 added, 0 removed' },
      {
        level: 'warn',
        token: 't1',
        state: 'waiting',
        attempt: 1,
        cause: 'HTTP: 503',
        retryInMs: 500,
        msg: 'not registered: HTTP: 503; trying again',
      },
      { level: 'info', token: 't2', state: 'registered', attempt: 1, msg: 'registered' },
      { level: 'info', token: 't1', msg: 'the puppet accepts this token' },
    ])
  })

  it('are not written of any more', async () => {
    const { lines, tell } = eventLogOf(2)
    await tell(registered('t0'), gone('t0'))
    lines.length = 0
    await tell(
      registration('t0', 'closing'),
      registration('t0', 'stopped'),
      tokenChecked('t0', false),
      gone('t0'),
    )
    expect(lines).toEqual([])
  })
})
