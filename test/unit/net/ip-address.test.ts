import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rateLimitKey, withoutMapping } from '../../../src/net/ip-address.ts'
import { hops } from './odd-addresses.ts'

describe('an address without its mapping into IPv6', () => {
  it.each([
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['::FFFF:1.2.3.4', '1.2.3.4'],
    ['1.2.3.4', '1.2.3.4'],
    ['::1', '::1'],
    ['2001:db8::ffff:1.2.3.4', '2001:db8::ffff:1.2.3.4'],
    ['', ''],
    ['::ffff:102:304', '1.2.3.4'],
    ['0:0:0:0:0:ffff:1.2.3.4', '1.2.3.4'],
    ['::1.2.3.4', '::1.2.3.4'],
    ['::ffff:1.2.3', '::ffff:1.2.3'],
    ['::ffff:01.2.3.4', '::ffff:01.2.3.4'],
  ])('is of %j: %j', (address, wanted) => {
    expect(withoutMapping(address)).toBe(wanted)
  })
})

describe('the key of an address for limits', () => {
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
  ])('is of %j: %j', (address, wanted) => {
    expect(rateLimitKey(address)).toBe(wanted)
  })

  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['203.0.113.7', '203.0.113.8', false],
    ['2001:DB8::1', '2001:db8::2', true],
    ['2001:0db8::1', '2001:db8::2', true],
    ['64:ff9b::1.2.3.4', '64:ff9b::5.6.7.8', true],
  ])('is the same for %s and %s: %s', (one, other, together) => {
    expect(rateLimitKey(one) === rateLimitKey(other)).toBe(together)
  })
})

it('counts a text that is no IPv6 address under itself, and fails for none', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), hops), (text) => {
      const found = rateLimitKey(text)
      if (isIP(text) !== 6) expect(found).toBe(text)
      else expect(found.split(':')).toHaveLength(4)
    }),
    { numRuns: 2000 },
  )
})

const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })

it('counts an IPv6 address with its /64 and with nobody else, however it is written', () => {
  const plain = (all: readonly number[]): string => all.map((group) => group.toString(16)).join(':')
  const padded = (all: readonly number[]): string =>
    all.map((group) => group.toString(16).toUpperCase().padStart(4, '0')).join(':')
  fc.assert(
    fc.property(groups, groups, fc.nat(7), fc.nat(7), (one, other, from, to) => {
      const zeroed = one.map((group, index) => (index >= from && index <= to ? 0 : group))
      const short = new URL(`http://[${plain(zeroed)}]`).hostname.slice(1, -1)
      const family = [...zeroed.slice(0, 4), ...other.slice(4)]
      expect(rateLimitKey(short)).toBe(rateLimitKey(plain(zeroed)))
      expect(rateLimitKey(padded(zeroed))).toBe(rateLimitKey(plain(zeroed)))
      expect(rateLimitKey(plain(family))).toBe(rateLimitKey(short))
      const same = zeroed.slice(0, 4).every((group, index) => group === other[index])
      expect(rateLimitKey(plain(other)) === rateLimitKey(short)).toBe(same)
    }),
    { numRuns: 1000 },
  )
})
