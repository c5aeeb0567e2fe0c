import { expect, it } from 'vitest'
import { mayConnect } from '../../../../src/registry/reachability/connect-guard.ts'
import { ADDRESSES, ONE_OF_EACH } from '../../net/addresses.ts'

const ORIGINS = Object.entries(ONE_OF_EACH)

it.each(ORIGINS)('may connect to a public address for a registrant from a %s one', (_range, from) => {
  for (const address of ADDRESSES.public) expect(mayConnect(address, from)).toBe(true)
})

it.each(ORIGINS)(
  'never connects to a reserved address, not for a registrant from a %s one',
  (_range, from) => {
    for (const address of ADDRESSES.reserved) expect(mayConnect(address, from)).toBe(false)
  },
)

it.each(['private', 'loopback', 'link-local'] as const)(
  'connects to a %s address only for registrants that come from such a one',
  (range) => {
    for (const address of ADDRESSES[range])
      for (const [other, from] of ORIGINS)
        expect([other, mayConnect(address, from)]).toEqual([other, other === range])
  },
)

it('connects to an address of a cloud’s credentials only for a registrant from that very address', () => {
  for (const address of ADDRESSES.metadata)
    for (const from of [...ADDRESSES.metadata, ...Object.values(ONE_OF_EACH)])
      expect(mayConnect(address, from)).toBe(from === address)
})
