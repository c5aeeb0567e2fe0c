import { describe, expect, it } from 'vitest'
import type { RegistryEvent } from '../../../src/registry/events.ts'
import { RegistryHistory } from '../../../src/registry/registry-history.ts'
import { standIn } from './server-stand-in.ts'

function begin() {
  const { clock, server, sharing, open, troubled, join } = standIn()
  const past = new RegistryHistory(() => server, clock)
  const joined = (): boolean =>
    past.record({ type: 'joined', id: 't0', address: '', trouble: '', isClient: false })
  const states = (name: string) => past.history.report().states[name]?.map(({ state, code }) => [state, code])
  return { clock, past, sharing, open, troubled, join, joined, states }
}

describe('the past of a registry', () => {
  it('has how its tokens were: none, well, some or all in trouble, and which trouble came first', () => {
    const { clock, past, open, troubled, join, joined, states } = begin()
    clock.run(1000)
    const one = join({ token: 'insecure_1' })
    joined()
    clock.run(1000)
    open.set(one, false)
    troubled.changed('insecure_1')
    past.record({ type: 'reachability', endpoint: '203.0.113.7:1', open: false, reason: 'x' })
    clock.run(1000)
    join({ token: 'insecure_2' })
    joined()
    clock.run(1000)
    open.set(one, true)
    troubled.changed('insecure_1')
    past.record({ type: 'reachability', endpoint: '203.0.113.7:1', open: true, reason: '' })
    expect(states('tokens')).toEqual([
      ['none', null],
      ['well', null],
      ['all', 'PORT_CLOSED'],
      ['some', 'PORT_CLOSED'],
      ['well', null],
    ])
  })

  it('has whether tokens have several registrants', async () => {
    const { clock, past, sharing, join, states } = begin()
    const { token } = join()
    join({ address: '203.0.113.9' })
    sharing.changed(token)
    await clock.advance(1000)
    past.record({ type: 'shared', id: 't0', addresses: [] })
    expect(states('sharing')).toEqual([
      ['single', null],
      ['shared', 'TOKEN_SHARED'],
    ])
  })

  it('has how the certificate was: in use, soon at its end, past it, and renewed ones that cannot be used', () => {
    const { clock, past, states } = begin()
    const dayMs = 86_400_000
    const seen = (days: number, problem = '') => {
      const expires = new Date(clock.date().getTime() + days * dayMs)
      const code = problem === '' ? null : 'CERTIFICATE_KEY_MISMATCH'
      clock.run(1000)
      return past.record({ type: 'certificate', expires, problem, code })
    }
    expect([seen(90), seen(13), seen(13, 'odd'), seen(0, 'odd'), seen(90)]).not.toContain(false)
    expect(states('certificate')).toEqual([
      ['valid', null],
      ['expires soon', 'CERTIFICATE_EXPIRES_SOON'],
      ['in trouble', 'CERTIFICATE_KEY_MISMATCH'],
      ['expired', 'CERTIFICATE_EXPIRED'],
      ['valid', null],
    ])
  })

  it('has how the certificate came to its end without an event, as soon as it is renewed', () => {
    const { clock, past } = begin()
    const startMs = clock.date().getTime()
    const dayMs = 86_400_000
    const seen = (expiresMs: number): void => {
      past.record({ type: 'certificate', expires: new Date(expiresMs), problem: '' })
    }
    const endMs = startMs + 14 * dayMs + 3_600_000
    seen(endMs)
    clock.run(14 * dayMs + 2 * 3_600_000)
    const until = past.history.report().until
    clock.run(1000)
    seen(endMs + 90 * dayMs)
    const ofCertificate = (sinceMs?: number) =>
      past.history
        .report(sinceMs)
        .states.certificate?.map(({ state, at }) => [state, Date.parse(at) - startMs])
    const all = [
      ['expires soon', 3_600_000],
      ['expired', 14 * dayMs + 3_600_000],
      ['valid', 14 * dayMs + 7_201_000],
    ]
    expect(ofCertificate()).toEqual(all)
    // Whoever has seen the past as it was is told of what was put down later.
    expect(ofCertificate(past.history.instantOf(new Date(until)))).toEqual(all)
  })

  it('has a certificate that had expired before the start', () => {
    const { clock, past, states } = begin()
    past.record({ type: 'certificate', expires: new Date(clock.date().getTime() - 1), problem: '' })
    expect(states('certificate')).toEqual([['expired', 'CERTIFICATE_EXPIRED']])
  })

  it('has no state of the list, which is something to look at at once all the same', () => {
    expect(begin().past.record({ type: 'list', kind: 'mended' })).toBe(true)
  })

  it('has when the registry began to drain', () => {
    const { clock, past, states } = begin()
    clock.run(1000)
    expect(past.record({ type: 'draining', registrants: 3 })).toBe(true)
    expect(states('registry')).toEqual([
      ['serving', null],
      ['draining', null],
    ])
  })

  it('has refusals and answers by the minute, which are nothing to look at at once', () => {
    const { past, joined } = begin()
    expect(joined()).toBe(true)
    const events: readonly RegistryEvent[] = [
      { type: 'refused', reason: 'full', address: '203.0.113.7' },
      { type: 'discovered', result: 'found', tookMs: 3, waited: false },
      { type: 'asked', result: 'answered', tookMs: 2 },
      { type: 'addressUnverified', address: '203.0.113.7' },
    ]
    expect(events.map((event) => past.record(event))).toEqual([false, false, false, false])
    const { counts, durations } = past.history.report().minutes
    expect(counts).toMatchObject({ 'refusals.full': [1], 'discoveries.found': [1], 'refusals.busy': [0] })
    expect(durations).toMatchObject({ portQuestion: { maxMs: [2] }, discovery: { maxMs: [3] } })
  })
})
