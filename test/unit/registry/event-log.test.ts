import { describe, expect, it } from 'vitest'
import { createLog, type LogOptions } from '../../../src/ops/log.ts'
import { EventLog } from '../../../src/registry/event-log.ts'
import { LEAVE_CAUSES, type RegistryEvent } from '../../../src/registry/events.ts'
import { REFUSALS, type RefusalReason } from '../../../src/registry/refusals.ts'
import { FakeClock } from '../../support/fake-clock.ts'

type Line = Record<string, unknown> & { level: string; msg: string }

/** An event log, and the lines that it wrote. */
function begin(level: LogOptions['level'] = 'info') {
  const lines: Line[] = []
  const write = (text: string): void => {
    const { time: _time, ...line } = JSON.parse(text)
    lines.push(line)
  }
  const clock = new FakeClock()
  const eventLog = new EventLog(
    createLog({ level, format: 'json', redact: (line) => line }, { write }),
    clock,
  )
  /** Tells events at once, and lets a second pass. */
  const record = async (...events: readonly RegistryEvent[]): Promise<readonly Line[]> => {
    lines.length = 0
    for (const event of events) eventLog.record(event)
    await clock.advance(1000)
    return [...lines]
  }
  return { lines, clock, eventLog, record }
}

const joined = (id: string, trouble = ''): RegistryEvent => ({
  type: 'joined',
  id,
  address: '203.0.113.7',
  trouble,
  isClient: false,
})
const left = (cause: (typeof LEAVE_CAUSES)[number], id = 't0'): RegistryEvent => {
  return { type: 'left', id, cause, lastedMs: 1234.5 }
}
const refused = (reason: RefusalReason): RegistryEvent => ({
  type: 'refused',
  reason,
  address: '203.0.113.7',
})
const REASONS = Object.keys(REFUSALS) as RefusalReason[]

describe('several registrants of one token', () => {
  it('are a warning that says where they come from, and a line when that is over', async () => {
    const { record } = begin()
    const shared = { type: 'shared', id: 't0', addresses: ['203.0.113.8', '203.0.113.7'] } as const
    expect(await record(shared)).toEqual([
      {
        level: 'warn',
        token: 't0',
        addresses: ['203.0.113.8', '203.0.113.7'],
        msg: 'several registrants have this token, and only the newest is asked: is it given to two sidecars, or known to a stranger?',
      },
    ])
    expect(await record({ type: 'alone', id: 't0', lastedMs: 61_000.4 })).toEqual([
      {
        level: 'info',
        token: 't0',
        lastedMs: 61_000,
        msg: 'this token has no more than one registrant again',
      },
    ])
  })
})

describe('one registrant', () => {
  it('that comes is a line', async () => {
    expect(await begin().record(joined('t0'))).toEqual([
      { level: 'info', token: 't0', address: '203.0.113.7', msg: 'registered' },
    ])
  })

  it('that comes and will not be found is a warning that says why', async () => {
    expect(await begin().record(joined('t0', 'not to be found: because'))).toEqual([
      {
        level: 'warn',
        token: 't0',
        address: '203.0.113.7',
        cause: 'not to be found: because',
        msg: 'connected, but not to be found: because',
      },
    ])
  })

  it('that only asks, and says so, is no line', async () => {
    const event = { ...joined('t0', 'not to be found: because'), isClient: true } as RegistryEvent
    expect(await begin().record(event)).toEqual([])
  })

  it.each(LEAVE_CAUSES)('that leaves (%s) is a line: a warning where that is trouble', async (cause) => {
    const [line, ...others] = await begin().record(left(cause))
    expect(others).toEqual([])
    const calm = ['closed', 'lost', 'replaced', 'draining', 'delisted'].includes(cause)
    expect(line).toMatchObject({ level: calm ? 'info' : 'warn', token: 't0', cause, lastedMs: 1235 })
    expect(line?.msg).toMatch(/^left: \w+/)
  })

  it('that leaves is a line with its own words for each cause', async () => {
    const lines = []
    for (const cause of LEAVE_CAUSES) lines.push(...(await begin().record(left(cause))))
    expect(new Set(lines.map(({ msg }) => msg)).size).toBe(LEAVE_CAUSES.length)
  })

  it.each(REASONS)('that is refused (%s) is a warning', async (reason) => {
    const [line, ...others] = await begin().record(refused(reason))
    expect(others).toEqual([])
    expect(line).toMatchObject({ level: 'warn', cause: reason, address: '203.0.113.7' })
    expect(line?.msg).toMatch(/^refused a registrant: \w+/)
  })

  it.each([
    ['rate', 'REGISTRY_UPGRADE_RATE'],
    ['per_address', 'REGISTRY_MAX_REGISTRANTS_PER_ADDRESS'],
    ['full', 'REGISTRY_MAX_REGISTRANTS,'],
  ] as const)('that is refused for %s names the variable to turn: %s', async (reason, variable) => {
    expect((await begin().record(refused(reason)))[0]?.msg).toContain(variable)
  })
})

describe('a registrant of which nothing is heard', () => {
  it('is a warning with what to do, and no warning once it is heard of again', async () => {
    const { record } = begin()
    const [silent, ...others] = await record({ type: 'heard', id: 't0', isHeard: false })
    expect(silent).toMatchObject({ level: 'warn', token: 't0', code: 'REGISTRANT_SILENT' })
    expect(silent).toMatchObject({ remedy: expect.stringContaining('look at the registrant') })
    expect(others).toEqual([])
    expect(await record({ type: 'heard', id: 't0', isHeard: true })).toEqual([
      { level: 'info', token: 't0', msg: 'the registrant of this token is heard of again' },
    ])
  })
})

describe('a port', () => {
  it('that closes is a warning with its reason, and one that opens again is not', async () => {
    const { record } = begin()
    const place = '203.0.113.7:8788'
    expect(
      await record({ type: 'reachability', endpoint: place, open: false, reason: 'nothing listens there' }),
    ).toEqual([
      {
        level: 'warn',
        place,
        cause: 'nothing listens there',
        msg: `${place} cannot be opened from here: nothing listens there`,
      },
    ])
    expect(await record({ type: 'reachability', endpoint: place, open: true, reason: '' })).toEqual([
      { level: 'info', place, msg: `${place} can be opened from here again` },
    ])
  })
})

describe('the list of tokens', () => {
  it('that changed, cannot be read, or can be read again is a line at once', () => {
    const { lines, eventLog } = begin()
    const problems = [
      { code: 'TOKEN_INVALID', variable: 'X', message: 'line 1 is wrong' },
      { code: 'TOKEN_ODD', variable: 'X', message: 'line 2 is odd' },
    ] as const
    eventLog.record({ type: 'list', kind: 'changed', tokens: 3 })
    eventLog.record({ type: 'list', kind: 'kept', problems })
    eventLog.record({ type: 'list', kind: 'mended' })
    const cause = 'line 1 is wrong; line 2 is odd'
    const told = `the list stays as it is, because of its file: ${cause}`
    expect(lines).toEqual([
      { level: 'info', tokens: 3, msg: 'the list of tokens changed' },
      { level: 'error', code: 'TOKEN_INVALID', cause, msg: told },
      { level: 'info', msg: 'the list can be read again' },
    ])
  })
})

describe('the certificate', () => {
  const expires = new Date('2026-12-01T00:00:00Z')

  it('that is renewed is a line at once', () => {
    const { lines, eventLog } = begin()
    eventLog.record({ type: 'certificate', expires, problem: '' })
    expect(lines).toEqual([
      {
        level: 'info',
        expires: '2026-12-01T00:00:00.000Z',
        msg: 'the certificate is in use',
      },
    ])
  })

  it.each([
    ['2026-01-15T00:00:00Z', 'info', 'the certificate is in use', undefined],
    ['2026-01-14T23:59:59Z', 'warn', 'the certificate expires soon', 'CERTIFICATE_EXPIRES_SOON'],
    [
      '2026-01-01T00:00:00Z',
      'error',
      'the certificate has expired: clients refuse it',
      'CERTIFICATE_EXPIRED',
    ],
  ])('that ends at %s, on the first of January, is told at %s', (end, level, msg, code) => {
    const { lines, eventLog } = begin()
    eventLog.record({ type: 'certificate', expires: new Date(end), problem: '' })
    expect(lines).toMatchObject([{ level, msg }])
    expect(lines[0]?.code).toBe(code)
  })

  it('that cannot be renewed is an error, and says which one is in use', () => {
    const { lines, eventLog } = begin()
    eventLog.record({ type: 'certificate', expires, problem: 'it is wrong', code: 'CERTIFICATE_INVALID' })
    expect(lines).toMatchObject([
      {
        level: 'error',
        code: 'CERTIFICATE_INVALID',
        cause: 'it is wrong',
        msg: 'it is wrong; the one before it stays in use',
      },
    ])
  })
})

describe('many changes in a second', () => {
  it('up to ten are a line each', async () => {
    const ids = Array.from({ length: 10 }, (_, index) => `t${index}`)
    const lines = await begin().record(...ids.map((id) => joined(id)))
    expect(lines.map(({ token }) => token)).toEqual(ids)
  })

  it('more are one line that counts them', async () => {
    const { record } = begin()
    const many = Array.from({ length: 1000 }, (_, index) => joined(`t${index}`))
    expect(await record(...many, left('closed'), left('draining'))).toEqual([
      { level: 'info', registered: 1000, left: 2, msg: '1000 registered, 2 left' },
    ])
  })

  it('more with trouble among them are one warning with the newest cause and the tokens that it concerns', async () => {
    const { record } = begin()
    const many = Array.from({ length: 20 }, (_, index) => joined(`t${index}`))
    expect(await record(...many, left('silent', 'a'), left('flood', 'b'), left('flood', 'c'))).toEqual([
      {
        level: 'warn',
        registered: 20,
        left: 3,
        cause: 'too many events',
        of: ['b', 'c'],
        msg: '20 registered, 3 left: too many events',
      },
    ])
  })

  it('of ports are counted by what became of them', async () => {
    const { record } = begin()
    const port = (open: boolean): RegistryEvent => ({
      type: 'reachability',
      endpoint: 'p:1',
      open,
      reason: open ? '' : 'x',
    })
    const [line] = await record(...Array.from({ length: 11 }, () => port(false)), port(true))
    expect(line).toMatchObject({ level: 'warn', unreachable: 11, reachable: 1, cause: 'x', of: ['p:1'] })
  })

  it('a flood of refusals is a line a second', async () => {
    const { record } = begin()
    const [line, ...others] = await record(...Array.from({ length: 5000 }, () => refused('rate')))
    expect(others).toEqual([])
    expect(line).toMatchObject({ level: 'warn', refused: 5000, of: ['203.0.113.7'] })
  })
})

describe('discoveries and port queries', () => {
  const events = [
    { type: 'discovered', result: 'found', tookMs: 1, waited: false },
    { type: 'asked', result: 'answered', tookMs: 1 },
  ] as const

  it('are lines at trace only', async () => {
    expect(await begin('debug').record(...events)).toEqual([])
    expect((await begin('trace').record(...events)).map(({ msg }) => msg)).toEqual(['discovered', 'asked'])
  })
})

describe('the end', () => {
  it('is a line at once, with how many registrants are sent away', () => {
    const { lines, eventLog } = begin()
    eventLog.record({ type: 'draining', registrants: 3 })
    expect(lines).toMatchObject([{ level: 'info', registrants: 3, msg: expect.stringContaining('draining') }])
  })

  it('logs what is being gathered, and leaves no timer', () => {
    const { lines, clock, eventLog } = begin()
    eventLog.record(joined('t0'))
    expect(lines).toEqual([])
    eventLog.end()
    expect([lines.map(({ msg }) => msg), clock.pending]).toEqual([['registered'], 0])
  })
})
