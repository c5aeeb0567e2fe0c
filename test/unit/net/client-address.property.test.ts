import { isIP } from 'node:net'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { clientAddress } from '../../../src/net/client-address.ts'
import { rateLimitKey } from '../../../src/net/ip-address.ts'
import { Networks } from '../../../src/net/networks.ts'
import { addresses, hops } from './odd-addresses.ts'

const PROXIES = new Networks('10.0.0.0/8', '2001:db8::/32', '127.0.0.0/8')

const headers = fc.oneof(
  fc.array(hops, { maxLength: 8 }).map((all) => all.join(', ')),
  fc.string({ unit: 'binary', maxLength: 80 }),
)

it('finds an address or nothing, and never fails, whatever a header holds', () => {
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

it('takes a peer that is no trusted proxy for the client, whatever a header holds', () => {
  fc.assert(
    fc.property(addresses, headers, (peer, header) => {
      const own = clientAddress(peer, undefined, undefined)
      if (own === undefined) throw new Error('a peer has an address')
      fc.pre(!PROXIES.contains(own))
      expect(clientAddress(peer, header, PROXIES)).toBe(own)
      expect(clientAddress(peer, header, undefined)).toBe(own)
    }),
    { numRuns: 2000 },
  )
})

it('believes what the trusted proxy appended, whatever a client puts before it', () => {
  fc.assert(
    fc.property(headers, fc.ipV4(), (forged, client) => {
      fc.pre(!PROXIES.contains(client))
      expect(clientAddress('10.0.0.1', `${forged}, ${client}`, PROXIES)).toBe(client)
    }),
    { numRuns: 2000 },
  )
})
