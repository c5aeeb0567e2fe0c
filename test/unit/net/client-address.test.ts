import { describe, expect, it } from 'vitest'
import { clientAddress } from '../../../src/net/client-address.ts'
import { Networks } from '../../../src/net/networks.ts'

const PROXIES = new Networks('10.0.0.0/8', '2001:db8:1::/48')

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
