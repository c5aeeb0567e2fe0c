import { expect, test } from 'vitest'
import type { HistoryReport } from '../../../src/history/report.ts'
import { readOut, spoken, titleOf } from '../../../src/page/headline-words.ts'
import type { Problem } from '../../../src/page/problem.ts'
import { sentence } from '../../../src/page/sidecar/sentence.ts'
import type { SidecarStatus, Token } from '../../../src/page/sidecar/status.ts'

const since = '2026-03-01T09:00:00.000Z'
const now = Date.parse('2026-03-01T12:12:30Z')
const history = { states: {} } as HistoryReport

const token: Token = {
  id: 'f7f1250b4117',
  state: 'registered',
  since,
  code: null,
  reason: '',
  retryInSeconds: null,
  accepted: true,
  advice: [],
  discovery: { verdict: 'verified', code: null, host: '203.0.113.7', port: 8788, since },
}
const healthy: SidecarStatus = {
  version: '1.0.0',
  draining: false,
  problems: [],
  puppet: {
    state: 'healthy',
    since,
    code: null,
    reason: '',
    host: '127.0.0.1',
    port: 8788,
    probe: 'grpc',
    tls: true,
    damping: { withdrawals: 0, holdSeconds: 0 },
  },
  gateway: null,
  registry: {
    url: 'wss://registry.example/',
    proxy: null,
    retryInSeconds: null,
    published: { host: null, port: 8788 },
    reachable: true,
    since,
    code: null,
    reason: '',
  },
  registrations: {
    total: 1,
    registered: 1,
    connecting: 0,
    waiting: 0,
    refused: 0,
    idle: 0,
    verified: 1,
    misled: 0,
  },
  matching: 1,
  tokens: [token],
}
const read = (status: SidecarStatus, past = history): string => spoken(sentence(status, past), now)
const withToken = (change: Partial<Token>): SidecarStatus => ({
  ...healthy,
  tokens: [{ ...token, ...change }],
})

test('says where a bot is findable, and for how long', () => {
  expect(read(healthy)).toBe('Findable at 203.0.113.7:8788 for 3 h 12 min')
  expect(sentence(healthy, history).tone).toBe('good')
})

test('says the address that is published while nobody has looked it up', () => {
  const registry = { ...healthy.registry, published: { host: 'fd00::1', port: 9000 } }
  expect(read({ ...withToken({ discovery: null }), registry })).toBe(
    'Findable at [fd00::1]:9000 for 3 h 12 min',
  )
  expect(read(withToken({ discovery: null }))).toBe('Findable for 3 h 12 min')
})

test('says that the puppet does not answer, and why', () => {
  const puppet = {
    ...healthy.puppet,
    state: 'unhealthy',
    code: 'PUPPET_REFUSED',
    reason: 'connection refused',
    since: '2026-03-01T12:11:50.000Z',
  } as const
  expect(read({ ...healthy, puppet })).toBe(
    'Not findable: the puppet does not answer (connection refused) for 40 s',
  )
  expect(sentence({ ...healthy, puppet }, history)).toMatchObject({ tone: 'bad', code: 'PUPPET_REFUSED' })
})

test('does not say that a puppet is silent which says that it is not serving', () => {
  const puppet = {
    ...healthy.puppet,
    state: 'unhealthy',
    code: 'PUPPET_NOT_SERVING',
    reason: 'health is NOT_SERVING',
  } as const
  expect(read({ ...healthy, puppet })).toBe(
    'Not findable: the puppet is unhealthy (health is NOT_SERVING) for 3 h 12 min',
  )
})

test('does not call anything bad before the first probe is over', () => {
  const puppet = { ...healthy.puppet, state: 'unknown', reason: 'not probed yet' } as const
  expect(sentence({ ...healthy, puppet }, history)).toEqual({
    tone: 'unknown',
    words: 'Not findable yet: the puppet is being probed',
  })
})

test('says that the registry cannot be reached, and why', () => {
  const registry = { ...healthy.registry, reachable: false, reason: 'connection refused' }
  const registrations = { ...healthy.registrations, registered: 0, waiting: 1 }
  expect(read({ ...healthy, registry, registrations })).toBe(
    'Not findable: the registry cannot be reached (connection refused) for 3 h 12 min',
  )
})

test('counts the tokens that are findable while the registry is reached by some links alone', () => {
  const registry = { ...healthy.registry, reachable: false, reason: 'connection refused' }
  const registrations = { ...healthy.registrations, total: 10, registered: 7, waiting: 3 }
  expect(read({ ...healthy, registry, registrations })).toBe('Findable: 7 of 10 tokens')
})

const registered = (
  ...entries: readonly (readonly [at: string, state: string, cause?: string])[]
): HistoryReport =>
  ({
    states: {
      registered: entries.map(([at, state, cause]) => ({
        at: `2026-03-01T12:${at}.000Z`,
        state,
        code: cause === undefined ? null : 'REGISTRY_TOKEN_REFUSED',
        cause: cause ?? '',
      })),
    },
  }) as unknown as HistoryReport

test('says why a token is not registered, and since when, whatever its attempts do in the meantime', () => {
  const past = registered(
    ['00:00', 'all'],
    ['10:30', 'none', 'the connection broke'],
    ['11:00', 'none', 'the registry refused the token (HTTP 401)'],
  )
  const words =
    'Not findable: the token is not registered (the registry refused the token (HTTP 401)) for 2 min'
  for (const state of ['waiting', 'connecting', 'refused'])
    expect(read(withToken({ state }), past)).toBe(words)
})

test('does not call a first attempt bad', () => {
  expect(sentence(withToken({ state: 'connecting' }), registered(['12:00', 'none']))).toEqual({
    tone: 'unknown',
    words: 'Not findable yet: the token is being registered',
  })
})

test.each([
  ['UNPUBLISHED_IPV6', 'the registry does not publish the token'],
  ['TOKEN_SUPERSEDED', 'clients are sent elsewhere (another registrant has the token)'],
])('believes a registry that advises %s', (code, why) => {
  const problems = [{ code, message: '', remedy: '', since, tokens: { count: 1, ids: [token.id] } }]
  const status = { ...withToken({ advice: [{ code, text: '' }] }), problems }
  expect(read(status)).toBe(`Not findable: ${why} for 3 h 12 min`)
})

test('goes by what discovery says, and not by an advice that is no trouble for clients', () => {
  const advice = [{ code: 'PUBLISHED_NEARBY', text: '' }]
  expect(read(withToken({ advice }))).toContain('Findable at')
  const discovery = { ...token.discovery, code: 'DISCOVERY_LOST' } as Token['discovery']
  expect(read(withToken({ advice, discovery }))).toBe(
    'Not findable: the registry has lost the token (clients are told that nobody is registered)',
  )
})

test('says that the puppet refuses the clients that find it', () => {
  expect(read(withToken({ accepted: false }))).toBe(
    'Findable at 203.0.113.7:8788, but the puppet refuses the token of its clients',
  )
})

test('counts the tokens that are findable where there are many', () => {
  const many = (numbers: Partial<SidecarStatus['registrations']>): SidecarStatus => ({
    ...healthy,
    registrations: { ...healthy.registrations, total: 10_000, registered: 10_000, ...numbers },
  })
  const all = {
    states: { registered: [{ at: since, state: 'all', code: null, cause: '' }] },
  } as unknown as HistoryReport
  expect(read(many({}), all)).toBe('Findable: all 10,000 tokens for 3 h 12 min')
  expect(sentence(many({ registered: 9990 }), all)).toMatchObject({
    tone: 'mixed',
    words: 'Findable: 9,990 of 10,000 tokens',
  })
  expect(sentence(many({ registered: 0 }), all).tone).toBe('bad')
})

test('does not count time in which clients did not get here', () => {
  const state = (at: string, name: string) => ({ at: `2026-03-01T${at}:30.000Z`, state: name })
  const of = (...verified: readonly object[]): HistoryReport =>
    ({ states: { registered: [state('10:12', 'all')], verified } }) as unknown as HistoryReport
  const mended = of(state('10:12', 'verified'), state('11:00', 'misled'), state('11:12', 'verified'))
  const registrations = { ...healthy.registrations, total: 10, registered: 10 }
  expect(read(healthy, mended)).toBe('Findable at 203.0.113.7:8788 for 1 h')
  expect(read({ ...healthy, registrations }, mended)).toBe('Findable: all 10 tokens for 1 h')
  const before = of(state('08:00', 'misled'), state('08:30', 'verified'))
  expect(read(healthy, before)).toBe('Findable at 203.0.113.7:8788 for 3 h 12 min')
  expect(read({ ...healthy, registrations }, before)).toBe('Findable: all 10 tokens for 2 h')
})

test('counts a token once that clients do not get to for two reasons', () => {
  const problems = ['UNPUBLISHED_IPV6', 'DISCOVERY_LOST', 'TOKEN_SHARED'].map(
    (code): Problem => ({ code, message: '', remedy: '', since, tokens: { count: 4, ids: [] } }),
  )
  const registrations = { ...healthy.registrations, total: 10_000, registered: 10_000, misled: 4 }
  expect(read({ ...healthy, registrations, problems })).toBe('Findable: 9,996 of 10,000 tokens')
})

test('says neither time nor counts in what is read out, so that it changes with the meaning alone', () => {
  const out = (status: SidecarStatus): string => readOut(sentence(status, history), '')
  expect(out(healthy)).toBe('Findable at 203.0.113.7:8788')
  const many = (registered: number, total: number) =>
    out({ ...healthy, registrations: { ...healthy.registrations, total, registered } })
  expect([many(1204, 1204), many(1205, 1205)]).toEqual(Array(2).fill('Findable: all tokens'))
  expect([many(9998, 10_000), many(9997, 9999)]).toEqual(Array(2).fill('Findable: not all tokens'))
  const none = 'Not findable: none of the tokens is registered and leads here'
  expect([many(0, 10_000), many(0, 9999)]).toEqual(Array(2).fill(none))
  expect(readOut(sentence(healthy, history), 'No connection')).toBe('No connection')
})

test('says that the puppet refuses some of many tokens, or all of them', () => {
  const read = (refused: number, misled: number) => {
    const problems: readonly Problem[] = [
      { code: 'PUPPET_REFUSES_TOKEN', message: '', remedy: '', since, tokens: { count: refused, ids: [] } },
    ]
    const registrations = { ...healthy.registrations, total: 1200, registered: 1200, misled }
    const { tone, words, meaning } = sentence({ ...healthy, registrations, problems }, history)
    return [tone, words, meaning]
  }
  expect(read(3, 0)).toEqual([
    'mixed',
    'Findable: all 1,200 tokens, but the puppet refuses 3',
    'Findable: all tokens, but the puppet refuses some',
  ])
  expect(read(3, 200)).toEqual([
    'mixed',
    'Findable: 1,000 of 1,200 tokens, but the puppet refuses 3',
    'Findable: not all tokens, but the puppet refuses some',
  ])
  expect(read(1200, 0)).toEqual([
    'bad',
    'Findable: all 1,200 tokens, but the puppet refuses them all',
    'Findable: all tokens, but the puppet refuses them all',
  ])
})

test('has a title that stays while only counts change', () => {
  const title = (registered: number, total: number) =>
    titleOf(
      sentence({ ...healthy, registrations: { ...healthy.registrations, total, registered } }, history),
      '',
    )
  expect([title(9998, 10_000), title(9997, 9999)]).toEqual(Array(2).fill('! Findable: not all tokens'))
  expect(title(12, 12)).toBe('✓ Findable: all tokens')
  expect(titleOf(sentence(healthy, history), 'No connection since')).toBe('? No connection')
})
