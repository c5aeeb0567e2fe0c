import { expect, test } from 'vitest'
import type { HistoryReport } from '../../../src/history/report.ts'
import { readOut, spoken } from '../../../src/page/headline-words.ts'
import { sentence } from '../../../src/page/registry/sentence.ts'
import type { RegistryStatus } from '../../../src/page/registry/status.ts'

const NOW = Date.parse('2026-03-05T12:00:00Z')
const since = '2026-03-05T11:59:20Z'
const quiet = { states: {}, minutes: { counts: {} } } as unknown as HistoryReport
const serving: RegistryStatus = {
  version: '1.0.0',
  uptimeSeconds: 76 * 3600,
  draining: false,
  listening: [],
  problems: [],
  registrants: { total: 1210, tokens: 1204, unhappyTokens: 0, sharedTokens: 0 },
  reachability: 'report',
  list: null,
  certificate: null,
  matching: 1204,
  tokens: [],
}
const problem = (code: string, count: number) => {
  return { code, message: '', remedy: '', since, tokens: { count, ids: [] } }
}
const read = (change: Partial<RegistryStatus>, history = quiet): string =>
  spoken(sentence({ ...serving, ...change }, history, NOW), NOW)
const toneOf = (change: Partial<RegistryStatus>) => sentence({ ...serving, ...change }, quiet, NOW).tone

test('says how many tokens it serves, and for how long', () => {
  expect(read({})).toBe('Serving 1,204 tokens of 1,210 registrants for 3 d 4 h')
  const registrants = { total: 1, tokens: 1, unhappyTokens: 0, sharedTokens: 0 }
  expect(read({ registrants })).toBe('Serving 1 token of 1 registrant for 3 d 4 h')
  expect(toneOf({})).toBe('good')
})

test('says that nobody is registered, and since when', () => {
  const registrants = { total: 0, tokens: 0, unhappyTokens: 0, sharedTokens: 0 }
  const states = { tokens: [{ at: since, state: 'none' }] }
  const history = { ...quiet, states } as unknown as HistoryReport
  expect(read({ registrants }, history)).toBe('Ready, but nobody is registered for 40 s')
  expect(read({ registrants })).toBe('Ready, but nobody is registered')
})

test('says how many tokens are in which trouble', () => {
  const registrants = { ...serving.registrants, unhappyTokens: 1006 }
  const problems = [
    problem('UNPUBLISHED_HOST', 1),
    problem('UNPUBLISHED_RANGE', 2),
    problem('PORT_CLOSED', 1001),
    problem('REGISTRANT_SILENT', 2),
    problem('TOKEN_SHARED', 1),
  ]
  expect(read({ registrants, problems })).toBe(
    'Serving 1,204 tokens; 3 cannot be found; 1,001 cannot be reached; 2 not heard of; 1 has several registrants',
  )
  expect(toneOf({ registrants, problems })).toBe('mixed')
})

test('counts a token once whose registrants cannot be found for two reasons', () => {
  const registrants = { ...serving.registrants, unhappyTokens: 1 }
  const problems = [problem('UNPUBLISHED_HOST', 1), problem('UNPUBLISHED_RANGE', 1)]
  expect(read({ registrants, problems })).toBe('Serving 1,204 tokens; 1 cannot be found')
})

test('is bad where every token is in trouble', () => {
  const registrants = { total: 2, tokens: 2, unhappyTokens: 2, sharedTokens: 0 }
  expect(toneOf({ registrants, problems: [problem('PORT_CLOSED', 2)] })).toBe('bad')
})

test('says that the certificate ends soon, and in how long', () => {
  const certificate = { expires: '2026-03-08T16:00:00Z', problem: '' }
  expect(read({ certificate })).toBe(read({}))
  expect(read({ certificate, problems: [problem('CERTIFICATE_EXPIRES_SOON', 0)] })).toBe(
    'Serving 1,204 tokens; the certificate ends in 3 d 4 h',
  )
})

test('says that the certificate has expired before anything else about tokens', () => {
  const certificate = { expires: '2026-03-05T11:00:00Z', problem: '' }
  const change = { certificate, problems: [problem('PORT_CLOSED', 2)] }
  expect(read(change)).toBe('Clients refuse this registry: its certificate has expired for 1 h')
  expect(toneOf(change)).toBe('bad')
})

test('says that it is cut off from the other registries of its cluster, and that one of them is missing', () => {
  expect(read({ problems: [problem('CLUSTER_CUT_OFF', 0), problem('CLUSTER_MEMBER_MISSING', 0)] })).toBe(
    'Serving 1,204 tokens; cut off from the other registries; another registry is missing',
  )
})

test('says that a file cannot be used', () => {
  const certificate = { expires: '2027-03-08T16:00:00Z', problem: 'the key is another one' }
  const list = { tokens: 3, problems: ['the file is gone'] }
  expect(read({ certificate, list })).toBe(
    'Serving 1,204 tokens; the renewed certificate cannot be used; the list of tokens cannot be read',
  )
})

test('says that registrants find no room, while that goes on', () => {
  const counts = { 'refusals.full': [9, 0, 0, 2, 0, 1, 0], 'refusals.token': [5, 5, 5, 5, 5, 5, 5] }
  const history = { states: {}, minutes: { counts } } as unknown as HistoryReport
  expect(read({}, history)).toBe('Serving 1,204 tokens; 3 registrants found no room in the last minutes')
})

test('says that it drains before anything else', () => {
  const states = {
    registry: [
      { at: '2026-03-01T08:00:00Z', state: 'serving' },
      { at: since, state: 'draining' },
    ],
  }
  const history = { ...quiet, states } as unknown as HistoryReport
  const certificate = { expires: '2026-03-05T11:00:00Z', problem: '' }
  expect(read({ draining: true, certificate }, history)).toBe(
    'Draining: 1,210 registrants left to send away for 40 s',
  )
})

test('says neither counts nor time in what is read out, so that it changes with the meaning alone', () => {
  const out = (change: Partial<RegistryStatus>, history = quiet): string =>
    readOut(sentence({ ...serving, ...change }, history, NOW), '')
  expect(out({})).toBe('Serving tokens')
  expect(out({ draining: true })).toBe('Draining')
  const all = ['UNPUBLISHED_HOST', 'PORT_CLOSED', 'REGISTRANT_SILENT', 'TOKEN_SHARED']
  const registrants = { ...serving.registrants, unhappyTokens: 100 }
  const certificate = { expires: '2026-03-08T16:00:00Z', problem: '' }
  const counts = { 'refusals.full': [7] }
  const full = { states: {}, minutes: { counts } } as unknown as HistoryReport
  for (const count of [1, 2]) {
    const soon = problem('CERTIFICATE_EXPIRES_SOON', 0)
    const problems = [...all.map((code) => problem(code, count)), soon]
    expect(out({ registrants, certificate, problems }, full)).toBe(
      'Serving tokens; some cannot be found; some cannot be reached; some not heard of; some have several registrants; ' +
        'registrants found no room in the last minutes; the certificate ends soon',
    )
  }
})
