import { isIP } from 'node:net'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { clientAddress, isTrusted, isUsableHost, rateLimitKey } from '../../../src/net/client-address.ts'
import { networkList } from './network-list.ts'

const PROXIES = networkList('10.0.0.0/8', '2001:db8::/32', '127.0.0.0/8')

const addresses = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.ipV4().map((address) => `::ffff:${address}`),
  fc.ipV4().map((address) => address.replace(/^\d+/, '10')),
  fc.constantFrom('fe80::1%eth0', '2001:db8::1', '::', '10.0.0.1'),
)
const hops = fc.oneof(
  { weight: 3, arbitrary: addresses },
  addresses.map((address) => (address.includes(':') ? `[${address}]:443` : `${address}:443`)),
  fc.constantFrom('', ' ', 'unknown', '_hidden', '[', '[]', '[]:1', ':1', '1.2.3.4:', '%', '::%', 'fe80::1%'),
  fc.string({ unit: 'binary', maxLength: 30 }),
)
const headers = fc.oneof(
  fc.array(hops, { maxLength: 8 }).map((all) => all.join(', ')),
  fc.string({ unit: 'binary', maxLength: 80 }),
)

it('whatever a header holds: an address or nothing, and never an error', () => {
  fc.assert(
    fc.property(addresses, fc.option(headers, { nil: undefined }), (peer, header) => {
      const found = clientAddress(peer, header, PROXIES)
      if (found === undefined) return
      expect(isIP(found), found).not.toBe(0)
      expect(found).not.toMatch(/^::ffff:\d+\./i)
      expect(rateLimitKey(found).length).toBeLessThanOrEqual(39)
    }),
    { numRuns: 3000 },
  )
})

it('whatever a header holds: a peer that is no trusted proxy is where it comes from', () => {
  fc.assert(
    fc.property(addresses, headers, (peer, header) => {
      const own = clientAddress(peer, undefined, undefined)
      if (own === undefined) throw new Error('a peer has an address')
      fc.pre(!isTrusted(own, PROXIES))
      expect(clientAddress(peer, header, PROXIES)).toBe(own)
      expect(clientAddress(peer, header, undefined)).toBe(own)
    }),
    { numRuns: 2000 },
  )
})

it('whatever a client puts in front: what the trusted proxy appended decides', () => {
  fc.assert(
    fc.property(headers, fc.ipV4(), (forged, client) => {
      fc.pre(!isTrusted(client, PROXIES))
      expect(clientAddress('10.0.0.1', `${forged}, ${client}`, PROXIES)).toBe(client)
    }),
    { numRuns: 2000 },
  )
})

it('whatever text it is: whom a limit counts together is found without an error, and of a text that is none it is the text', () => {
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

it('every IPv6 address is counted with its /64, and with nobody else, however it is written', () => {
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

it('whatever the text: a host that is published is a name or an IPv4 address, fit for a URL', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ unit: fc.constantFrom(...'0123456789.-_aZ:%[]@/'), maxLength: 20 }),
    addresses,
  )
  fc.assert(
    fc.property(texts, (text) => {
      if (!isUsableHost(text)) return
      expect(text).toMatch(/^[\w.-]{1,253}$/)
      expect(isIP(text)).not.toBe(6)
      if (/^[\d.]+$/.test(text)) expect(isIP(text)).toBe(4)
    }),
    { numRuns: 2000 },
  )
})
