import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../src/config/sidecar.ts'
import type { Board } from '../../../src/status/board.ts'
import { report } from '../../../src/status/report.ts'
import { boardOf, puppet, registration, STATES } from './scene.ts'

const TOKEN = 'insecure_aaaa-1111'
const { config } = readConfig({ WECHATY_PUPPET_SERVICE_TOKEN: TOKEN, REGISTRAR_PROBE: 'serving' })

/** The body of `/status`, as a client reads it. */
interface Body {
  readonly uptimeSeconds: number
  readonly draining: boolean
  readonly puppet: Record<string, unknown>
  readonly registrations: Record<string, number>
  readonly tokens: readonly { id: string; state: string; retryInSeconds: number | null }[]
}

const damping = { withdrawals: 3, holdMs: 2000 }
const bodyOf = (board: Board, options: { nowMs?: number; offset?: number; uptimeMs?: number } = {}): Body =>
  JSON.parse(
    JSON.stringify(
      report(board, { config, damping, version: '1.2.3', uptimeMs: 0, nowMs: 0, offset: 0, ...options }),
    ),
  )

describe('the shape', () => {
  it('is the contract with the user', async () => {
    const { board, clock } = boardOf(['idle', 'idle'], 'unknown')
    await clock.advance(2000)
    board.apply({ type: 'probed', result: { ok: true, tookMs: 1, tls: true, health: 'SERVING' } })
    board.apply(puppet('healthy'))
    board.apply(registration('t0', 'registered', { attempts: 2 }))
    board.apply(
      registration('t1', 'waiting', { reason: 'TCP: connection refused', attempts: 4, retryInMs: 7300 }),
    )
    board.apply({ type: 'tokenChecked', id: 't0', accepted: true })
    expect(bodyOf(board, { uptimeMs: 65_999, nowMs: 2000 })).toEqual({
      version: '1.2.3',
      uptimeSeconds: 65,
      draining: false,
      puppet: {
        state: 'healthy',
        since: '2026-01-01T00:00:02.000Z',
        reason: '',
        host: '127.0.0.1',
        port: 8788,
        probe: 'serving',
        tls: true,
        health: 'SERVING',
        tokenAccepted: null,
        damping: { withdrawals: 3, holdSeconds: 2 },
      },
      registry: { url: 'wss://api.chatie.io/' },
      registrations: { total: 2, registered: 1, connecting: 0, waiting: 1, refused: 0, idle: 0 },
      tokens: [
        {
          id: 't1',
          state: 'waiting',
          since: '2026-01-01T00:00:02.000Z',
          reason: 'TCP: connection refused',
          attempts: 4,
          retryInSeconds: 8,
          confirmed: null,
          accepted: null,
        },
        {
          id: 't0',
          state: 'registered',
          since: '2026-01-01T00:00:02.000Z',
          reason: '',
          attempts: 2,
          retryInSeconds: null,
          confirmed: true,
          accepted: true,
        },
      ],
    })
  })

  it('is the same before anything has happened: what is not known is null', () => {
    const { board } = boardOf(['idle'], 'unknown')
    const { puppet: known, tokens } = bodyOf(board)
    expect(known).toMatchObject({ state: 'unknown', tls: null, health: null, tokenAccepted: null })
    expect(Object.keys(tokens[0] ?? {})).toEqual([
      'id',
      'state',
      'since',
      'reason',
      'attempts',
      'retryInSeconds',
      'confirmed',
      'accepted',
    ])
  })

  it('says when it drains, and never the token', () => {
    const { board } = boardOf(['registered'])
    board.apply({ type: 'draining' })
    expect(bodyOf(board).draining).toBe(true)
    expect(JSON.stringify(bodyOf(board))).not.toContain(TOKEN)
  })
})

describe('retryInSeconds', () => {
  it.each([
    [10_000, 0, 10],
    [10_000, 9500, 1],
    [10_000, 10_000, 0],
    [10_000, 60_000, 0],
    [1, 0, 1],
  ])('due in %i ms, asked %i ms later: %i', (retryInMs, nowMs, seconds) => {
    const { board } = boardOf(['idle'])
    board.apply(registration('t0', 'waiting', { retryInMs }))
    expect(bodyOf(board, { nowMs }).tokens[0]?.retryInSeconds).toBe(seconds)
  })
})

describe('tokenAccepted', () => {
  it.each([
    ['false as soon as one is refused', [true, false, null], false],
    ['true when all are accepted', [true, true], true],
    ['null while one is not known', [true, null], null],
    ['null at the start', [null], null],
  ] as const)('%s', (_rule, accepted, wanted) => {
    const { board } = boardOf(accepted.map(() => 'registered'))
    for (const [index, each] of accepted.entries()) {
      board.apply({ type: 'tokenChecked', id: `t${index}`, accepted: each })
    }
    expect(bodyOf(board).puppet.tokenAccepted).toBe(wanted)
  })
})

describe('the tokens', () => {
  it('come with the unhappy first, and the registered last', () => {
    const { board } = boardOf([...STATES].reverse())
    const order = bodyOf(board).tokens.map(({ state }) => state)
    expect(order.slice(0, 4)).toEqual(['refused', 'waiting', 'connecting', 'open'])
    expect(order.at(-1)).toBe('registered')
    expect(order).toHaveLength(STATES.length)
  })

  it('of one state keep the order of the configuration', () => {
    const { board } = boardOf(Array.from({ length: 50 }, () => 'registered'))
    const ids = bodyOf(board).tokens.map(({ id }) => id)
    expect(ids).toEqual(Array.from({ length: 50 }, (_, index) => `t${index}`))
  })

  it.each([
    [0, 100],
    [100, 100],
    [200, 50],
    [249, 1],
    [250, 0],
    [10_000, 0],
  ])('come a hundred at most: from %i on, %i of 250', (offset, count) => {
    const { board } = boardOf(Array.from({ length: 250 }, () => 'registered'))
    const { tokens, registrations } = bodyOf(board, { offset })
    expect(tokens).toHaveLength(count)
    if (count > 0) expect(tokens[0]?.id).toBe(`t${offset}`)
    expect(registrations.total).toBe(250)
  })

  it('page by page are all of them, each once', () => {
    const { board } = boardOf(
      Array.from({ length: 250 }, (_, index) => (index % 7 === 0 ? 'refused' : 'registered')),
    )
    const pages = [0, 100, 200].map((offset) => bodyOf(board, { offset }).tokens)
    const ids = pages.flat().map(({ id }) => id)
    expect(new Set(ids).size).toBe(250)
    expect(pages[0]?.slice(0, 36).every(({ state }) => state === 'refused')).toBe(true)
  })

  it('asked for do not change the board', () => {
    const { board } = boardOf(['registered', 'refused'])
    const before = [...board.tokens]
    bodyOf(board)
    expect([...board.tokens]).toEqual(before)
  })
})
