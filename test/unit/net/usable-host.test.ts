import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isUsableHost } from '../../../src/net/usable-host.ts'
import { addresses } from './odd-addresses.ts'

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
  ])('is %s', (host) => {
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
  ])('is not %j', (host) => {
    expect(isUsableHost(host)).toBe(false)
  })
})

it('publishes only a name or an IPv4 address that is fit for a URL, whatever the text', () => {
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
