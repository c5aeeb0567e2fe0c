import { expect, test } from 'vitest'
import type { HistoryReport } from '../../../src/history/report.ts'
import { spoken } from '../../../src/page/answer-words.ts'
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
  puppet: { state: 'healthy', since, code: null, reason: '', host: '127.0.0.1', port: 8788, probe: 'grpc' },
  registry: {
    url: 'wss://registry.example/',
    published: { host: null, port: 8788 },
    reachable: true,
    since,
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
  expect(sentence({ ...healthy, puppet }, history).tone).toBe('bad')
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
  expect(read({ ...healthy, registry })).toBe(
    'Not findable: the registry cannot be reached (connection refused) for 3 h 12 min',
  )
})

test.each([
  [
    { state: 'refused', reason: 'the registry refused the token (HTTP 401)' },
    'the registry refused the token (HTTP 401)',
  ],
  [{ state: 'connecting' }, 'the token is being registered'],
  [
    { advice: [{ code: 'UNPUBLISHED_IPV6', text: 'it comes over IPv6' }] },
    'the registry does not publish it (it comes over IPv6)',
  ],
] as const)('says why a token is not findable: %j', (change, why) => {
  expect(read(withToken(change))).toBe(`Not findable: ${why} for 3 h 12 min`)
})

test('says that clients are led elsewhere, in the words of the problem', () => {
  const discovery = { ...token.discovery, code: 'DISCOVERY_OTHER_REGISTRANT' } as Token['discovery']
  const problem = {
    code: 'DISCOVERY_OTHER_REGISTRANT',
    message: 'clients are sent to 203.0.113.9, which is another registrant of this token',
    remedy: '',
    since,
    tokens: { count: 1, ids: [token.id] },
  }
  expect(read({ ...withToken({ discovery }), problems: [problem] })).toBe(
    'Not findable: clients are sent to 203.0.113.9, which is another registrant of this token for 3 h 12 min',
  )
  expect(read(withToken({ discovery }))).toContain('Not findable: another registrant has the token')
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
  expect(sentence(many({ misled: 10 }), all)).toEqual({
    tone: 'mixed',
    words: 'Findable: 9,990 of 10,000 tokens',
  })
  expect(sentence(many({ registered: 0 }), all).tone).toBe('bad')
  const unpublished = {
    code: 'UNPUBLISHED_IPV6',
    message: '',
    remedy: '',
    since,
    tokens: { count: 3, ids: [] },
  }
  expect(read({ ...many({}), problems: [unpublished] })).toBe('Findable: 9,997 of 10,000 tokens')
})

test('says nothing of time in the words that are read out, so that they change with the meaning alone', () => {
  const later = spoken(sentence(healthy, history), now + 60_000)
  expect(later).not.toBe(read(healthy))
  expect(sentence(healthy, history).words).toBe('Findable at 203.0.113.7:8788')
})
