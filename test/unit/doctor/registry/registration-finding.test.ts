import { describe, expect, it } from 'vitest'
import {
  type RegistrationFacts,
  registrationFinding,
  type SidecarOfToken,
} from '../../../../src/doctor/registry/registration-finding.ts'

const HERE = { host: '203.0.113.7', port: 8788 }
const registered: SidecarOfToken = {
  draining: false,
  puppetState: 'healthy',
  token: { state: 'registered', code: '', reason: '' },
  discoveryCode: undefined,
  isVerified: false,
}
const found = (host = HERE.host, port = HERE.port, ip = host): RegistrationFacts['discovery'] => ({
  kind: 'found',
  endpoint: { host, port },
  ip,
})
const report = (registrants: number): RegistrationFacts['report'] => ({
  ...HERE,
  by: 'another',
  registrants,
  open: true,
})

const findingOf = (facts: Partial<RegistrationFacts>) =>
  registrationFinding({
    discovery: found(),
    report: undefined,
    tookMs: 20,
    advertise: HERE,
    sidecar: registered,
    ...facts,
  })

describe('who has registered the token', () => {
  it.each<[string, Partial<RegistrationFacts>, object]>([
    ['this sidecar', {}, { status: 'ok' }],
    [
      'this sidecar, at an address that the registry sees',
      { advertise: { host: '', port: 8788 } },
      { status: 'ok' },
    ],
    [
      'this sidecar, whose port is closed',
      { discovery: found('127.0.0.1', 8788, HERE.host) },
      { status: 'ok' },
    ],
    ['somebody, where no sidecar runs', { sidecar: undefined }, { status: 'ok' }],
    ['several', { report: report(2) }, { status: 'warn', code: 'TOKEN_SHARED' }],
    [
      'somebody else at another host',
      { discovery: found('198.51.100.9') },
      { status: 'fail', code: 'DISCOVERY_OTHER_REGISTRANT' },
    ],
    [
      'somebody else with another port',
      { discovery: found(HERE.host, 9999) },
      { status: 'fail', code: 'DISCOVERY_OTHER_REGISTRANT' },
    ],
    [
      'an older link that does not answer',
      { tookMs: 5003 },
      { status: 'fail', code: 'DISCOVERY_STALE_LINK' },
    ],
    [
      'nobody, and the sidecar believes that it has',
      { discovery: { kind: 'not registered' } },
      { status: 'fail', code: 'DISCOVERY_LOST' },
    ],
    [
      'nobody who can be found, for a reason that the registry says',
      {
        discovery: { kind: 'not registered', reason: 'not to be found: no client can use the IPv6 address' },
      },
      { status: 'fail', code: 'UNPUBLISHED_IPV6' },
    ],
    [
      'nobody, and no sidecar runs',
      { discovery: { kind: 'not registered' }, sidecar: undefined },
      { status: 'fail' },
    ],
    [
      'nobody knows, where the registry does not say',
      { discovery: { kind: 'not understood', reason: 'no JSON' } },
      { status: 'skipped' },
    ],
  ])('%s', (_who, facts, finding) => expect(findingOf(facts)).toMatchObject(finding))
})

describe('what the sidecar has found out by its verification', () => {
  it.each(['DISCOVERY_OTHER_REGISTRANT', 'DISCOVERY_STALE_LINK', 'DISCOVERY_LOST'] as const)(
    'counts at a registry that says no more than a host: %s',
    (discoveryCode) => {
      const sidecar = { ...registered, discoveryCode }
      expect(findingOf({ sidecar })).toMatchObject({ status: 'fail', code: discoveryCode })
      expect(findingOf({ sidecar, report: report(1) })).toMatchObject({ status: 'ok' })
    },
  )

  it('leaves a closed port to another step', () => {
    const sidecar = { ...registered, discoveryCode: 'DISCOVERY_PORT_CLOSED' } as const
    expect(findingOf({ sidecar })).toMatchObject({ status: 'ok' })
  })
})

describe('a sidecar that has not registered the token says why', () => {
  const discovery = { kind: 'not registered' } as const
  const waiting = { state: 'waiting', code: 'REGISTRY_REFUSED', reason: 'TCP: registry: connection refused' }

  it.each<[string, Partial<SidecarOfToken>, string]>([
    [
      'it waits for the puppet',
      { puppetState: 'unhealthy', token: { ...waiting, state: 'idle' } },
      'until the puppet is healthy',
    ],
    ['it has other tokens', { token: undefined }, 'has other tokens'],
    ['it ends', { draining: true }, 'about to end'],
    ['it has a reason of its own', { token: waiting }, 'connection refused'],
  ])('%s', (_why, changes, words) => {
    const finding = findingOf({ discovery, sidecar: { ...registered, token: waiting, ...changes } })
    expect(finding.status).toBe('fail')
    expect(finding.seen).toContain(words)
    expect(finding.remedy?.words).not.toBe('')
  })

  it('also where somebody else has', () => {
    const finding = findingOf({ sidecar: { ...registered, token: waiting } })
    expect(finding.seen).toContain('somebody else has registered the token (203.0.113.7:8788)')
  })
})

describe('an address that is not what is set here', () => {
  const advertise = { ...HERE, port: 9999 }

  it("is the sidecar's own of earlier, where the registry asks this very sidecar: it has to be started again", () => {
    expect(findingOf({ advertise, sidecar: { ...registered, isVerified: true } })).toMatchObject({
      status: 'fail',
      code: 'SIDECAR_DIFFERS',
      remedy: { words: 'start the sidecar again, with the environment that this command has' },
    })
  })

  it('is otherwise that of another registrant', () => {
    expect(findingOf({ advertise })).toMatchObject({ code: 'DISCOVERY_OTHER_REGISTRANT' })
  })
})
