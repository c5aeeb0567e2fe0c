import { describe, expect, it } from 'vitest'
import { type AddressRange, addressRange, mayConnect } from '../../../src/net/address-range.ts'

/** Addresses at both edges of what is not public, by range. */
const RANGES: Readonly<Record<Exclude<AddressRange, 'own'>, readonly string[]>> = {
  public: [
    '8.8.8.8',
    '203.0.114.7',
    '1.0.0.0',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
    '168.63.129.17',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '192.0.1.0',
    '223.255.255.255',
    '2001:4860::1',
    '2606:4700::1111',
  ],
  private: [
    '10.0.0.0',
    '10.255.255.255',
    '172.16.0.0',
    '172.31.255.255',
    '192.168.0.0',
    '192.168.255.255',
    '100.64.0.0',
    '100.127.255.255',
    'fc00::1',
    'fdff:ffff::1',
    'fd00:ec2::255',
    '::ffff:10.1.2.3',
  ],
  loopback: ['127.0.0.1', '127.255.255.255', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1'],
  'link-local': ['169.254.0.1', '169.254.255.255', 'fe80::1', 'febf::1', 'fe80::1%eth0'],
  metadata: [
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    'fd00:ec2::254',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
  ],
  reserved: [
    '0.0.0.0',
    '0.255.255.255',
    '192.0.0.1',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    'ff02::1',
    '64:ff9b::808:808',
    '::8.8.8.8',
    '::127.0.0.1',
    '2001::7f00:1',
    '',
    'puppet.example.com',
    '1.2.3',
    '1.2.3.4:80',
  ],
}

const ADDRESSES = Object.entries(RANGES).flatMap(([range, all]) =>
  all.map((address) => [address, range] as const),
)

describe('the range of an address', () => {
  it.each(ADDRESSES)('is for %s: %s', (address, range) => {
    expect(addressRange(address)).toBe(range)
  })
})

/** One address of each range. */
const ORIGINS: Readonly<Record<Exclude<AddressRange, 'own'>, string>> = {
  public: '203.0.114.7',
  private: '192.168.1.1',
  loopback: '127.0.0.1',
  'link-local': '169.254.1.1',
  metadata: '169.254.169.254',
  reserved: '',
}
const ALL_ORIGINS = Object.entries(ORIGINS) as [AddressRange, string][]

describe('the guard of the reachability check', () => {
  it.each(ALL_ORIGINS)('lets a registrant that is %s have a public address checked', (_range, from) => {
    for (const address of RANGES.public) expect(mayConnect(address, from)).toBe(true)
  })

  it.each(ALL_ORIGINS)(
    'never lets a registrant that is %s have a reserved address checked',
    (_range, from) => {
      for (const address of RANGES.reserved) expect(mayConnect(address, from)).toBe(false)
    },
  )

  it.each(['private', 'loopback', 'link-local'] as const)(
    'lets only a registrant that is %s have such an address checked',
    (range) => {
      for (const address of RANGES[range])
        for (const [other, from] of ALL_ORIGINS)
          expect([other, mayConnect(address, from)]).toEqual([other, other === range])
    },
  )

  it('lets an address of credentials be checked for that address alone', () => {
    for (const address of RANGES.metadata)
      for (const from of [...RANGES.metadata, ...Object.values(ORIGINS)])
        expect(mayConnect(address, from)).toBe(from === address)
  })
})
