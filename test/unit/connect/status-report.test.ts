import { describe, expect, it } from 'vitest'
import { readiness } from '../../../src/connect/readiness.ts'
import { statusReport } from '../../../src/connect/status-report.ts'
import { standIn } from './stand-in.ts'

const HERE = { host: '10.0.0.7', port: 8788 }
const found = (id: string) => ({ type: 'found', id, endpoint: HERE, tookMs: 1 }) as const
const gone = (id: string) =>
  ({ type: 'notFound', id, code: 'DISCOVERY_NOT_REGISTERED', reason: 'not there', tookMs: 1 }) as const

function report({ state, listeners, clock }: ReturnType<typeof standIn>, offset = 0) {
  const body = statusReport(state, {
    version: '1.2.3',
    uptimeMs: 61_999,
    draining: false,
    registry: new URL('wss://registry.example'),
    connections: 3,
    listeners,
    nowMs: clock.now(),
    date: clock.date(),
    query: { offset, limit: 100, text: '' },
  })
  return JSON.parse(JSON.stringify(body))
}

describe('/status', () => {
  it('says all of a puppet that is there', async () => {
    const connect = standIn(1, 3)
    await connect.clock.advance(1000)
    connect.tell(found('t0'), { type: 'connected', id: 't0', endpoint: HERE, tls: true, tookMs: 1 })
    expect(report(connect)).toEqual({
      version: '1.2.3',
      uptimeSeconds: 61,
      draining: false,
      problems: [],
      registry: { url: 'wss://registry.example/' },
      connections: 3,
      matching: 1,
      tokens: [
        {
          id: 't0',
          listen: '127.0.0.1:8788',
          connections: 3,
          puppet: {
            state: 'found',
            host: '10.0.0.7',
            port: 8788,
            tls: true,
            since: '2026-01-01T00:00:01.000Z',
            code: null,
            reason: '',
            sentAway: 0,
          },
        },
      ],
    })
  })

  it('names what is wrong once for all tokens that have it, with its remedy, and files first', () => {
    const connect = standIn(3)
    connect.tell(found('t0'), gone('t1'), gone('t2'), {
      type: 'file',
      variable: 'CONNECT_LISTEN',
      problems: [{ code: 'FILE_MISSING', variable: 'CONNECT_LISTEN', message: 'is gone' }],
    })
    expect(report(connect).problems).toMatchObject([
      { code: 'FILE_MISSING', message: 'CONNECT_LISTEN is gone', tokens: { count: 0, ids: [] } },
      {
        code: 'DISCOVERY_NOT_REGISTERED',
        message: 'not there',
        remedy: expect.stringContaining('start the puppet'),
        since: '2026-01-01T00:00:00.000Z',
        tokens: { count: 2, ids: ['t1', 't2'] },
      },
    ])
  })

  it('says that a bot and the puppet do not speak the same, until one does or the puppet has moved', () => {
    const reason = 'a bot speaks TLS, and the puppet answers in plaintext'
    const mismatched = {
      type: 'mismatched',
      id: 't0',
      endpoint: HERE,
      code: 'BOT_TLS_UNEXPECTED',
      reason,
    } as const
    const connect = standIn(2)
    const seen = () => {
      const { problems, tokens } = report(connect)
      return [problems.length, tokens[0].puppet.code, connect.state.troubled.size]
    }
    connect.tell(found('t0'), found('t1'), mismatched)
    expect(report(connect).problems).toMatchObject([
      { code: 'BOT_TLS_UNEXPECTED', message: reason, tokens: { count: 1, ids: ['t0'] } },
    ])
    // It is no trouble of the puppet: the registry is not asked again for it.
    expect(seen()).toEqual([1, 'BOT_TLS_UNEXPECTED', 0])
    connect.tell({ type: 'matched', id: 't0', endpoint: HERE })
    expect(seen()).toEqual([0, null, 0])
    connect.tell(mismatched, { ...found('t0'), endpoint: { ...HERE, port: 9 } }, mismatched)
    expect(seen()).toEqual([0, null, 0])
  })

  it('shows tokens with trouble first, a hundred a page', () => {
    const connect = standIn(150)
    connect.tell(found('t0'), gone('t149'))
    const first = report(connect).tokens
    expect([first.length, first[0].id, first[0].puppet.state]).toEqual([100, 't149', 'away'])
    expect(report(connect, 100).tokens).toHaveLength(50)
  })

  it('shows no token', () => {
    expect(JSON.stringify(report(standIn(2, 1)))).not.toContain('3f2c9a7e')
  })

  it('forgets tokens that are gone', () => {
    const connect = standIn(2)
    connect.tell(gone('t0'))
    connect.state.setTokens(['t1'])
    connect.tell(gone('t0'))
    expect([connect.state.size, connect.state.problems()]).toEqual([1, []])
  })
})

describe('/readyz', () => {
  const listens = { listening: 2, draining: false }

  it('says yes when it listens and one puppet of several has a place', () => {
    const { state, tell } = standIn(2)
    tell(found('t0'), gone('t1'))
    expect(readiness(state, listens)).toEqual({
      ready: true,
      brief: 'ready',
      verbose:
        '[+] listening: 2 addresses\n[+] draining: not draining\n[+] puppet: 1 of 2 found (DISCOVERY_NOT_REGISTERED: not there)',
    })
  })

  it('says no while no puppet has a place, and why', () => {
    const { state, tell } = standIn()
    expect(readiness(state, listens)).toMatchObject({ ready: false, brief: '[-] puppet: 0 of 1 found' })
    tell(gone('t0'))
    expect(readiness(state, listens).brief).toBe(
      '[-] puppet: 0 of 1 found (DISCOVERY_NOT_REGISTERED: not there)',
    )
  })

  it('says no before it listens, and while it is drained', () => {
    const { state, tell } = standIn()
    tell(found('t0'))
    expect(readiness(state, { listening: 0, draining: false }).brief).toBe('[-] listening: 0 addresses')
    expect(readiness(state, { listening: 1, draining: true }).brief).toBe('[-] draining: draining')
  })
})
