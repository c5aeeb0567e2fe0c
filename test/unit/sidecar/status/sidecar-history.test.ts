import { expect, it } from 'vitest'
import type { SidecarEvent, TimedProbeResult } from '../../../../src/sidecar/events.ts'
import { SidecarHistory } from '../../../../src/sidecar/status/sidecar-history.ts'
import { SidecarState } from '../../../../src/sidecar/status/sidecar-state.ts'
import { SettableClock } from '../../history/settable-clock.ts'
import {
  advice,
  gone,
  names,
  puppet,
  reachable,
  registration,
  tokenChecked,
  tokens,
  unreachable,
} from './status-harness.ts'

/** A history after these events, a second apart; and what it says of one thing, each state with its code and cause. */
function bandAfter(name: string, ...events: readonly SidecarEvent[]): readonly string[] {
  const clock = new SettableClock()
  const state = new SidecarState(clock)
  const kept = new SidecarHistory(state, clock)
  for (const event of events) {
    clock.pass(1000)
    state.apply(event)
    kept.record(event)
  }
  const all = kept.history.report().states[name] ?? []
  return all.map(({ state, code, cause }) => [state, code, cause].filter(Boolean).join(' | '))
}

const ONE = [
  tokens('t0'),
  puppet('healthy'),
  registration('t0', 'connecting'),
  registration('t0', 'registered'),
]
const NOT_YET = [
  'none | there is no token',
  'none | the puppet has not answered yet',
  'none | being registered',
]

function verification(
  verdict: 'verified' | 'other_registrant' | 'unknown',
  fields: Partial<SidecarEvent & { type: 'verification' }> = {},
): SidecarEvent {
  return { type: 'verification', id: 't0', verdict, code: null, host: '203.0.113.7', port: 8788, ...fields }
}

it('what the registry says outright counts before anybody has asked where clients are led', () => {
  const cause = 'another registrant has this token too'
  expect(bandAfter('verified', ...ONE, advice('TOKEN_SUPERSEDED', cause)).at(-1)).toBe(
    `misled | TOKEN_SUPERSEDED | ${cause}`,
  )
  expect(bandAfter('verified', ...ONE, advice('PUBLISHED_NEARBY')).at(-1)).toBe('unknown')
})

it('what is registered says why it is not: the puppet', () => {
  const band = bandAfter(
    'registered',
    ...ONE,
    puppet('unhealthy', 'connection refused'),
    registration('t0', 'closing'),
    registration('t0', 'idle'),
    puppet('healthy'),
    registration('t0', 'queued'),
    registration('t0', 'registered'),
  )
  const unhealthy = 'none | PUPPET_REFUSED | the puppet is unhealthy: connection refused'
  expect(band).toEqual([...NOT_YET, 'all', unhealthy, 'none | being registered', 'all'])
})

it('what is registered says why it is not: the registry', () => {
  const band = bandAfter(
    'registered',
    ...ONE,
    registration('t0', 'queued'),
    unreachable('TCP: connection refused'),
    registration('t0', 'waiting', { code: 'REGISTRY_REFUSED', reason: 'TCP: connection refused' }),
    registration('t0', 'connecting'),
    reachable,
    registration('t0', 'registered'),
  )
  expect(band).toEqual([
    ...NOT_YET,
    'all',
    'none | being registered',
    'none | REGISTRY_REFUSED | the registry cannot be reached: TCP: connection refused',
    'none | being registered',
    'all',
  ])
})

it('what is registered says why it is not: the token, all the while attempts go on', () => {
  const refusal = { code: 'REGISTRY_TOKEN_REFUSED', reason: 'refused: HTTP 403' } as const
  const band = bandAfter(
    'registered',
    ...ONE.slice(0, 3),
    registration('t0', 'waiting', refusal),
    registration('t0', 'queued'),
    registration('t0', 'connecting'),
    registration('t0', 'refused', refusal),
    registration('t0', 'connecting'),
    registration('t0', 'registered'),
  )
  expect(band).toEqual([...NOT_YET, 'none | REGISTRY_TOKEN_REFUSED | refused: HTTP 403', 'all'])
})

it('what is registered says why it is not: removed, or draining', () => {
  expect(bandAfter('registered', ...ONE, gone('t0')).at(-1)).toBe('none | there is no token')
  const drained = bandAfter('registered', ...ONE, { type: 'draining' }, registration('t0', 'closing'))
  expect(drained.at(-1)).toBe('none | draining')
})

it.each<readonly [string, readonly SidecarEvent[], readonly string[]]>([
  ['is open', ONE, ['reachable']],
  ['is refused', [...ONE.slice(0, 3), { type: 'connected', id: 't0', result: 'refused' }], ['reachable']],
  ['is given up', [...ONE.slice(0, 3), { type: 'connected', id: 't0', result: 'aborted' }], []],
  [
    'fails',
    [...ONE.slice(0, 3), unreachable('TCP: refused')],
    ['unreachable | REGISTRY_REFUSED | TCP: refused'],
  ],
  [
    'has its outage, also while a link is there',
    [...ONE, unreachable('TCP: refused'), registration('t0', 'registered')],
    ['reachable', 'unreachable | REGISTRY_REFUSED | TCP: refused'],
  ],
])('the registry is not known until a first connection %s', (_what, events, band) => {
  expect(bandAfter('registry', ...events)).toEqual(['unknown', ...band])
})

it('of many tokens, what is registered says whether all are, and the first trouble', () => {
  const [first = '', second = '', third = ''] = names(3)
  const all = [first, second, third].map((id) => registration(id, 'registered'))
  const away = registration(second, 'waiting', { code: 'REGISTRY_CLOSED', reason: 'closed at once' })
  const band = bandAfter('registered', tokens(...names(3)), puppet('healthy'), ...all, away, ...all)
  expect(band.slice(-4)).toEqual([
    'some | being registered',
    'all',
    'some | REGISTRY_CLOSED | closed at once',
    'all',
  ])
})

it('with one token, verified says where clients are led', () => {
  const band = bandAfter(
    'verified',
    ...ONE,
    verification('verified'),
    verification('verified', { port: null }),
  )
  expect(band).toEqual([
    'unknown | nothing is registered',
    'unknown',
    'verified | clients are led to 203.0.113.7:8788',
    'verified | clients are led to 203.0.113.7',
  ])
  const six = bandAfter('verified', ...ONE, verification('verified', { host: '2001:db8::7' }))
  expect(six.at(-1)).toBe('verified | clients are led to [2001:db8::7]:8788')
})

it('verified says what is wrong, also while a question has no answer, and is unknown when nothing is registered', () => {
  const code = 'DISCOVERY_OTHER_REGISTRANT'
  const misled = verification('other_registrant', { code, host: '198.51.100.9' })
  const band = bandAfter(
    'verified',
    ...ONE,
    verification('verified'),
    misled,
    verification('unknown', { code, host: null, port: null }),
    puppet('unhealthy', 'no answer'),
    registration('t0', 'closing'),
  )
  expect(band.slice(2)).toEqual([
    'verified | clients are led to 203.0.113.7:8788',
    `misled | ${code} | clients are sent to 198.51.100.9, which is another registrant of this token`,
    'unknown | nothing is registered',
  ])
})

it.each<readonly [string, SidecarEvent, boolean]>([
  ['another verdict', verification('other_registrant'), true],
  ['the same verdict about another place', verification('verified', { port: 1 }), true],
  [
    'the same verdict, with a name of what is wrong',
    verification('verified', { code: 'DISCOVERY_LOST' }),
    true,
  ],
  ['the same verdict', verification('verified'), false],
  ['no answer', verification('unknown', { host: null, port: null }), false],
  ['a verdict about a token that is none', verification('verified', { id: 't9' }), false],
  ['a token that the puppet does not take any more', tokenChecked('t0', false), true],
  ['a token that it still takes', tokenChecked('t0', true), false],
  ['an advice', advice('PORT_CLOSED'), true],
  ['a message that was ignored', { type: 'ignored', id: 't0', kind: 'event' }, false],
  ['an event of a gateway', { type: 'gatewayEventIgnored' }, false],
  ['a gateway that was refused', { type: 'gatewayRefused', reason: 'full', from: '127.0.0.1' }, false],
  ['a connection that ended', { type: 'disconnected', id: 't0', cause: 'closed' }, false],
  [
    'a registration that has been lost, and is there again',
    { type: 'recovered', id: 't0', tookMs: 5 },
    false,
  ],
  ['a gateway', { type: 'gatewayJoined', id: 't0', adopted: false }, true],
])('says whether there is something new to see: %s', (_what, event, isNews) => {
  const clock = new SettableClock()
  const state = new SidecarState(clock)
  const kept = new SidecarHistory(state, clock)
  const record = (each: SidecarEvent): boolean => {
    state.apply(each)
    return kept.record(each)
  }
  for (const each of [...ONE, verification('verified'), tokenChecked('t0', true)])
    expect(record(each)).toBe(true)
  expect(record(event)).toBe(isNews)
  // A second time, nothing of that is new.
  if (event.type === 'verification' || event.type === 'tokenChecked') expect(record(event)).toBe(false)
})

it('one token that comes and goes among 10,000 fills no history: what was before it stays', () => {
  const clock = new SettableClock()
  const state = new SidecarState(clock)
  const kept = new SidecarHistory(state, clock)
  const record = (event: SidecarEvent): void => {
    state.apply(event)
    kept.record(event)
  }
  const all = names(10_000)
  for (const event of [tokens(...all), puppet('healthy')]) record(event)
  for (const id of all) record(registration(id, 'registered'))
  clock.pass(3_600_000)
  for (const event of [puppet('unhealthy', 'connection refused'), puppet('healthy')]) {
    record(event)
    clock.pass(60_000)
  }
  for (let time = 0; time < 6000; time += 1) {
    clock.pass(100)
    record(registration('t7', time % 2 === 0 ? 'waiting' : 'registered'))
  }
  const { started, states } = kept.history.report()
  expect(states.registered?.[0]?.at).toBe(started)
  expect(states.registered?.filter(({ changes }) => changes > 0).length).toBeGreaterThan(0)
  const told = states.registered?.reduce((sum, { changes }) => sum + 1 + changes, 0)
  expect(told).toBeGreaterThanOrEqual(6000)
  // What lasted for an hour is still there, and what is now.
  const lengths = states.registered?.map(({ at }, index, { [index + 1]: next }) =>
    next === undefined ? 0 : Date.parse(next.at) - Date.parse(at),
  )
  expect(Math.max(...(lengths ?? []))).toBeGreaterThan(3_600_000)
  expect(states.registered?.at(-1)).toMatchObject({ state: 'all', changes: 0 })
})

it('a probe is something to see at once only where it says something else of TLS or health than the one before', () => {
  const clock = new SettableClock()
  const state = new SidecarState(clock)
  const kept = new SidecarHistory(state, clock)
  const isNews = (result: TimedProbeResult): boolean => {
    state.apply({ type: 'probed', result })
    return kept.record({ type: 'probed', result })
  }
  const answer = { ok: true, tookMs: 3, tls: false, health: 'SERVING', warnings: [] } as const
  const refused = {
    ok: false,
    kind: 'refused',
    tookMs: 1,
    code: 'PUPPET_REFUSED',
    reason: 'nothing listens',
  } as const
  expect([answer, answer, { ...answer, tls: true }, { ...answer, tls: true }].map(isNews)).toEqual([
    true,
    false,
    true,
    false,
  ])
  expect([{ ...answer, health: 'UNKNOWN' as const }, refused, refused, answer].map(isNews)).toEqual([
    true,
    true,
    false,
    true,
  ])
})
