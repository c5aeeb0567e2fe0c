import { describe, expect, it } from 'vitest'
import {
  type AdvertisedFacts,
  advertisedFinding,
} from '../../../../src/doctor/registry/advertised-address.ts'

const remedy = { words: 'publish another one' }
const findingOf = (facts: Partial<AdvertisedFacts>) =>
  advertisedFinding({
    host: '',
    seen: undefined,
    isRegistryIpv6: false,
    isRegistryLocal: false,
    isRegistryPublic: true,
    own: ['172.17.0.2'],
    isContainer: true,
    resolved: undefined,
    remedy,
    ...facts,
  })

describe('the address that is published', () => {
  it.each<[string, Partial<AdvertisedFacts>, object]>([
    ['of no use to clients elsewhere', { host: '203.0.113.7' }, { status: 'warn' }],
    ['public', { host: '8.8.8.8' }, { status: 'ok' }],
    ['the one that the registry sees', { seen: '8.8.8.8' }, { status: 'ok' }],
    ['not known', {}, { status: 'skipped' }],
    [
      'loopback, for a registry elsewhere',
      { host: '127.0.0.1' },
      { status: 'fail', code: 'ADVERTISE_LOOPBACK' },
    ],
    ['loopback, as the registry is', { host: '127.0.0.1', isRegistryLocal: true }, { status: 'ok' }],
    ['link-local', { host: '169.254.3.4' }, { status: 'fail', code: 'ADVERTISE_USELESS' }],
    [
      "the container's own, at a public registry",
      { host: '172.17.0.2' },
      { status: 'fail', code: 'ADVERTISE_USELESS' },
    ],
    ['private, at a public registry', { host: '192.168.1.9' }, { status: 'warn' }],
    ['private, as the registry is', { host: '192.168.1.9', isRegistryPublic: false }, { status: 'ok' }],
    ['IPv6', { seen: '2001:db8::7' }, { status: 'fail', code: 'UNPUBLISHED_IPV6' }],
    [
      'none, at a registry over IPv6 alone',
      { isRegistryIpv6: true },
      { status: 'fail', code: 'UNPUBLISHED_IPV6' },
    ],
    ['a name', { host: 'puppet.example', resolved: ['8.8.8.8'] }, { status: 'ok' }],
    [
      'a name that does not resolve',
      { host: 'pupet.example' },
      { status: 'fail', code: 'ADVERTISE_LOCAL_NAME' },
    ],
    [
      'a local name, at a public registry',
      { host: 'puppet', resolved: ['172.17.0.2'] },
      { status: 'fail', code: 'ADVERTISE_LOCAL_NAME' },
    ],
  ])('%s: %o', (_what, facts, finding) => expect(findingOf(facts)).toMatchObject(finding))

  it('comes with a remedy where it is not well', () => {
    expect(findingOf({ host: '127.0.0.1' }).remedy).toEqual(remedy)
    expect(findingOf({ host: '8.8.8.8' }).remedy).toBeUndefined()
  })
})
