import { describe, expect, it } from 'vitest'
import { addressRange } from '../../../src/net/address-range.ts'
import { ADDRESSES } from './addresses.ts'

describe('the range of an address', () => {
  const all = Object.entries(ADDRESSES).flatMap(([range, list]) => list.map((address) => [address, range]))

  it.each(all)('of %s is %s', (address, range) => {
    expect(addressRange(address)).toBe(range)
  })
})
