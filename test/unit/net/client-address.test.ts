import { describe, expect, it } from 'vitest'
import {
  clientAddress,
  isTrusted,
  isUsableHost,
  rateLimitKey,
  withoutMapping,
} from '../../../src/net/client-address.ts'
import { networkList } from './network-list.ts'

const PROXIES = networkList('10.0.0.0/8', '2001:db8:1::/48')

describe('an IPv4-mapped address', () => {
  it.each([
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['::FFFF:1.2.3.4', '1.2.3.4'],
    ['1.2.3.4', '1.2.3.4'],
    ['::1', '::1'],
    ['2001:db8::ffff:1.2.3.4', '2001:db8::ffff:1.2.3.4'],
    ['', ''],
  ])('%j becomes %j', (address, wanted) => {
    expect(withoutMapping(address)).toBe(wanted)
  })
})

describe('the address of a client', () => {
  it.each<readonly [string, string, string | undefined, string | undefined]>([
    ['is the peer’s where no header is', '203.0.113.7', undefined, '203.0.113.7'],
    ['is the peer’s where it is no proxy, whatever it says', '203.0.113.7', '1.2.3.4', '203.0.113.7'],
    ['is IPv4 where the socket says so in IPv6', '::ffff:203.0.113.7', undefined, '203.0.113.7'],
    ['is what the proxy says', '10.0.0.1', '203.0.113.7', '203.0.113.7'],
    ['is what a mapped proxy says', '::ffff:10.0.0.1', '203.0.113.7', '203.0.113.7'],
    ['is what a proxy over IPv6 says', '2001:db8:1::9', '203.0.113.7', '203.0.113.7'],
    ['is the last that is no proxy', '10.0.0.1', '203.0.113.7, 10.0.0.3,10.0.0.2', '203.0.113.7'],
    ['is not what the client itself put in front', '10.0.0.1', '1.1.1.1, 203.0.113.7', '203.0.113.7'],
    [
      'is not what stands before one that is no proxy',
      '10.0.0.1',
      '1.1.1.1, 198.51.100.1, 10.0.0.2',
      '198.51.100.1',
    ],
    ['is the first proxy’s where all are proxies', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['is the proxy’s own where it says nothing', '10.0.0.1', undefined, '10.0.0.1'],
    ['is the proxy’s own where it says nothing in many words', '10.0.0.1', ' ', '10.0.0.1'],
    ['may have a port', '10.0.0.1', '203.0.113.7:56789', '203.0.113.7'],
    ['may be in brackets, with a port', '10.0.0.1', '[2001:db8::1]:56789', '2001:db8::1'],
    ['may be in brackets', '10.0.0.1', '[2001:db8::1]', '2001:db8::1'],
    ['may be IPv6 as it is', '10.0.0.1', '2001:db8::1', '2001:db8::1'],
    ['is without its zone, which means nothing here', '10.0.0.1', 'fe80::1%eth0', 'fe80::1'],
    ['may be mapped', '10.0.0.1', '[::ffff:203.0.113.7]:1', '203.0.113.7'],
    ['is unknown where the proxy calls it so', '10.0.0.1', 'unknown', undefined],
    ['is unknown where it is hidden', '10.0.0.1', '1.2.3.4, _hidden', undefined],
    ['is unknown where it is none', '10.0.0.1', '203.0.113.777', undefined],
  ])('%s', (_rule, peer, forwardedFor, wanted) => {
    expect(clientAddress(peer, forwardedFor, PROXIES)).toBe(wanted)
  })

  it('is the peer’s where nobody is trusted', () => {
    expect(clientAddress('10.0.0.1', '203.0.113.7', undefined)).toBe('10.0.0.1')
  })
})

describe('a trusted proxy', () => {
  it.each([
    ['10.255.255.255', true],
    ['11.0.0.0', false],
    ['2001:db8:1:ffff::1', true],
    ['2001:db8:2::1', false],
    ['fe80::1%eth0', false],
    ['', false],
    ['proxy', false],
  ])('%j: %s', (address, wanted) => {
    expect(isTrusted(address, PROXIES)).toBe(wanted)
  })

  it('is nobody where none is given', () => {
    expect(isTrusted('10.0.0.1', undefined)).toBe(false)
  })
})

describe('whom a limit counts together', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['', ''],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8::5:6:7:8:9', '2001:db8:0:5'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['fe80::1%a::b', 'fe80:0:0:0'],
  ])('%j is of %j', (address, wanted) => {
    expect(rateLimitKey(address)).toBe(wanted)
  })

  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['203.0.113.7', '203.0.113.8', false],
    ['2001:DB8::1', '2001:db8::2', true],
    ['2001:0db8::1', '2001:db8::2', true],
    ['64:ff9b::1.2.3.4', '64:ff9b::5.6.7.8', true],
  ])('%s and %s: %s', (one, other, together) => {
    expect(rateLimitKey(one) === rateLimitKey(other)).toBe(together)
  })
})

describe('a host that every client can use', () => {
  it.each([
    '203.0.113.7',
    '127.0.0.1',
    '10.0.0.1',
    'puppet',
    'puppet-1.example.com',
    'my_puppet.Example',
    '7bots.example',
    `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`,
    'puppet.example.',
  ])('%s is one', (host) => {
    expect(isUsableHost(host)).toBe(true)
  })

  it.each([
    '',
    '0.0.0.0',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '8788',
    '.',
    '01.2.3.4',
    '::1',
    '[::1]',
    '2001:db8::1',
    '1.2.3.4:8788',
    'http://puppet',
    'a b',
    'a/b',
    'bücher.example',
    'puppet\n',
    '$HOST',
    'a'.repeat(254),
  ])('%j is none', (host) => {
    expect(isUsableHost(host)).toBe(false)
  })
})
