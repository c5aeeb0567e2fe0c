import { describe, expect, it } from 'vitest'
import { Networks } from '../../../src/net/networks.ts'

const NETWORKS = new Networks('10.0.0.0/8', '2001:db8:1::/48')

describe('networks', () => {
  it.each([
    ['10.255.255.255', true],
    ['11.0.0.0', false],
    ['2001:db8:1:ffff::1', true],
    ['2001:db8:2::1', false],
    ['::ffff:10.1.2.3', true],
    ['::ffff:a01:203', true],
    ['::10.1.2.3', false],
    ['fe80::1%eth0', false],
    ['', false],
    ['proxy', false],
  ])('contain %j: %s', (address, wanted) => {
    expect(NETWORKS.contains(address)).toBe(wanted)
  })
})
