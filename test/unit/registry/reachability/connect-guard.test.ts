import { describe, expect, it } from 'vitest'
import { mayConnect } from '../../../../src/registry/reachability/connect-guard.ts'
import { networksOf } from '../../../support/networks.ts'
import { ADDRESSES } from '../../net/addresses.ts'

const NONE_OWN = { has: () => false }
const PRIVATE = [...ADDRESSES.private, ...ADDRESSES.loopback, ...ADDRESSES['link-local']]
const NEVER = [
  ...ADDRESSES.metadata,
  ...ADDRESSES.multicast,
  ...ADDRESSES.broadcast,
  ...ADDRESSES.unspecified,
  ...ADDRESSES.reserved,
]

describe('where no network is allowed, the registry connects', () => {
  const guard = { allowed: undefined, own: NONE_OWN }

  it('to public addresses', () => {
    for (const address of ADDRESSES.public)
      expect([address, mayConnect(address, guard)]).toEqual([address, true])
  })

  it('to nothing else', () => {
    for (const address of [...PRIVATE, ...NEVER])
      expect([address, mayConnect(address, guard)]).toEqual([address, false])
  })

  it('to no public address of its own machine', () => {
    const own = { has: (address: string) => address === '203.0.114.7' }
    expect(mayConnect('203.0.114.7', { allowed: undefined, own })).toBe(false)
    expect(mayConnect('203.0.114.7', { allowed: networksOf('203.0.114.7'), own })).toBe(true)
  })
})

describe('where networks are allowed, the registry connects', () => {
  it('to addresses in them, and to no other private ones', () => {
    const guard = { allowed: networksOf('10.0.0.0/8', '127.0.0.1'), own: NONE_OWN }
    const may = (address: string): boolean => mayConnect(address, guard)
    expect(['10.1.2.3', '::ffff:10.1.2.3', '127.0.0.1'].map(may)).toEqual([true, true, true])
    expect(['192.168.1.1', '127.0.0.2', '11.0.0.1'].map(may)).toEqual([false, false, true])
  })

  it('never to a cloud’s credentials, nor to what is no machine, even if all is allowed', () => {
    const guard = { allowed: networksOf('0.0.0.0/0', '::/0'), own: NONE_OWN }
    for (const address of NEVER) expect([address, mayConnect(address, guard)]).toEqual([address, false])
    for (const address of PRIVATE) expect([address, mayConnect(address, guard)]).toEqual([address, true])
  })
})
