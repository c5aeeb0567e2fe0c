import { describe, expect, it } from 'vitest'
import type { DiscoveryReport } from '../../../../src/protocol/host-query.ts'
import type { Verdict } from '../../../../src/sidecar/events.ts'
import {
  alarmOf,
  NO_SUSPICION,
  nextSuspicion,
  type Own,
  type Seen,
  verdictOf,
} from '../../../../src/sidecar/verification/verdict.ts'

const OURS = '203.0.113.7'
const OTHERS = '198.51.100.9'

const seen = (asked: Seen['asked'], host: string, report?: DiscoveryReport): Seen => ({ asked, host, report })
const own = (given: Partial<Own> = {}): Own => ({
  advertised: '',
  learnt: new Set(),
  isRegistryLocal: false,
  isUnpublished: false,
  ...given,
})
const report = (given: Partial<DiscoveryReport>): DiscoveryReport => ({
  host: OURS,
  port: 8788,
  by: 'you',
  registrants: 1,
  open: true,
  ...given,
})

describe('where a host is advertised', () => {
  it.each<[Seen['asked'], string, Verdict]>([
    ['now', OURS, 'verified'],
    ['lately', OURS, 'verified'],
    ['no', OURS, 'stale_link'],
    ['now', OTHERS, 'unknown'],
    ['lately', OTHERS, 'unknown'],
    ['no', OTHERS, 'other_registrant'],
    ['now', '127.0.0.1', 'port_closed'],
    ['lately', '127.0.0.1', 'port_closed'],
    ['no', '127.0.0.1', 'other_registrant'],
    ['no', '0.0.0.0', 'lost'],
    // It is asked: it is not lost. Upstream's registry says so where it does not know the address.
    ['now', '0.0.0.0', 'unknown'],
    ['lately', '0.0.0.0', 'unknown'],
  ])('asked here: %s, answer %s: %s', (asked, host, verdict) => {
    expect(verdictOf(seen(asked, host), own({ advertised: OURS }))).toBe(verdict)
  })

  it('its spelling does not matter', () => {
    expect(verdictOf(seen('now', 'Puppet.example.com.'), own({ advertised: 'puppet.example.com' }))).toBe(
      'verified',
    )
    expect(verdictOf(seen('now', `::ffff:${OURS}`), own({ advertised: OURS }))).toBe('verified')
  })

  it('127.0.0.1 is ours where it is what is advertised', () => {
    expect(verdictOf(seen('now', '127.0.0.1'), own({ advertised: '127.0.0.1' }))).toBe('verified')
  })

  it('a host that was learnt does not count', () => {
    expect(verdictOf(seen('no', OTHERS), own({ advertised: OURS, learnt: new Set([OTHERS]) }))).toBe(
      'other_registrant',
    )
  })
})

describe('where none is advertised', () => {
  it.each<[Seen['asked'], string, readonly string[], Verdict]>([
    ['now', OURS, [], 'verified'],
    ['now', OTHERS, [OURS], 'verified'],
    ['no', OURS, [OURS], 'stale_link'],
    ['no', OURS, [], 'other_registrant'],
    ['no', OTHERS, [OURS], 'other_registrant'],
    ['lately', OURS, [OURS], 'verified'],
    ['lately', OURS, [], 'unknown'],
    ['now', '127.0.0.1', [], 'port_closed'],
    ['now', '127.0.0.1', [OURS], 'port_closed'],
    ['no', '0.0.0.0', [], 'lost'],
  ])('asked here: %s, answer %s, learnt before %j: %s', (asked, host, learnt, verdict) => {
    expect(verdictOf(seen(asked, host), own({ learnt: new Set(learnt) }))).toBe(verdict)
  })

  it('127.0.0.1 is what a registry on this machine sees', () => {
    expect(verdictOf(seen('now', '127.0.0.1'), own({ isRegistryLocal: true }))).toBe('verified')
    expect(verdictOf(seen('now', '::ffff:127.0.0.1'), own({ isRegistryLocal: true }))).toBe('verified')
    expect(verdictOf(seen('no', '127.0.0.1'), own({ isRegistryLocal: true }))).toBe('stale_link')
  })
})

describe('where our registry reports, the report decides', () => {
  it.each<[string, Seen, Verdict]>([
    ['no question came, because the answer was kept', seen('no', OURS, report({})), 'verified'],
    ['it did not test the port', seen('no', OURS, report({ open: null })), 'verified'],
    ['it cannot open the port', seen('now', OURS, report({ open: false })), 'port_closed'],
    [
      'it cannot open the port, and says 127.0.0.1',
      seen('now', '127.0.0.1', report({ open: false })),
      'port_closed',
    ],
    ['another is asked', seen('now', OTHERS, report({ by: 'another', registrants: 2 })), 'other_registrant'],
    ['another of the same host is asked', seen('no', OURS, report({ by: 'another' })), 'other_registrant'],
    ['nobody is found', seen('no', '0.0.0.0', report({ by: 'nobody', registrants: 0 })), 'lost'],
    ['it asked in vain', seen('now', '0.0.0.0', report({ by: 'nobody', registrants: 0 })), 'unknown'],
  ])('%s', (_what, what, verdict) => {
    expect(verdictOf(what, own())).toBe(verdict)
  })
})

it('what the registry does not publish, as it says itself, is not lost', () => {
  expect(verdictOf(seen('no', '0.0.0.0'), own({ isUnpublished: true }))).toBe('unknown')
  const nobody = report({ by: 'nobody', host: '0.0.0.0', port: 0, registrants: 0 })
  expect(verdictOf(seen('no', '0.0.0.0', nobody), own({ isUnpublished: true }))).toBe('unknown')
})

describe('an alarm', () => {
  const alarmAfter = (...verdicts: Verdict[]): ReturnType<typeof alarmOf> =>
    alarmOf(verdicts.reduce(nextSuspicion, NO_SUSPICION))

  it.each<[Verdict, string]>([
    ['stale_link', 'DISCOVERY_STALE_LINK'],
    ['other_registrant', 'DISCOVERY_OTHER_REGISTRANT'],
    ['port_closed', 'DISCOVERY_PORT_CLOSED'],
  ])('comes with the third %s in a row', (verdict, code) => {
    expect(alarmAfter(verdict, verdict)).toBeNull()
    expect(alarmAfter(verdict, verdict, verdict)).toBe(code)
    expect(alarmAfter(verdict, verdict, verdict, verdict)).toBe(code)
  })

  it('comes at once where the registry has lost the registration', () => {
    expect(alarmAfter('lost')).toBe('DISCOVERY_LOST')
  })

  it('does not come of different ones', () => {
    expect(alarmAfter('port_closed', 'port_closed', 'other_registrant')).toBeNull()
  })

  it('goes with the first good verdict, which begins the row anew', () => {
    expect(alarmAfter('port_closed', 'port_closed', 'port_closed', 'verified')).toBeNull()
    expect(alarmAfter('port_closed', 'port_closed', 'verified', 'port_closed')).toBeNull()
  })

  it('neither comes nor goes with an answer that says nothing', () => {
    expect(alarmAfter('stale_link', 'unknown', 'stale_link', 'unknown', 'stale_link')).toBe(
      'DISCOVERY_STALE_LINK',
    )
    expect(alarmAfter('stale_link', 'stale_link', 'unknown')).toBeNull()
    expect(alarmAfter('stale_link', 'stale_link', 'stale_link', 'unknown')).toBe('DISCOVERY_STALE_LINK')
  })
})
