import { describe, expect, it } from 'vitest'
import { AllowList } from '../../../src/registry/allow-list.ts'
import { DEFAULT_LIMITS, type Limits } from '../../../src/registry/limits.ts'
import { QuickClock } from '../../support/quick-clock.ts'
import { AccessByAddress, FINDABLE, UNFINDABLE } from './access-by-address.ts'

const A = 'insecure_aaaa-1111'
const HERE = '203.0.113.7'
const THERE = '203.0.113.8'

function begin(limits: Partial<Limits> = {}, list = new AllowList()) {
  const clock = new QuickClock()
  return { clock, access: new AccessByAddress(clock, { ...DEFAULT_LIMITS, ...limits }, list) }
}

describe('a token', () => {
  it('may be registered from anywhere by default', () => {
    expect(begin().access.mayNot(A, HERE, [])).toBeUndefined()
  })

  it('may be registered only while it is on the allow list', () => {
    const list = new AllowList(['insecure_bbbb-2222'])
    const { access } = begin({}, list)
    expect(access.mayNot(A, HERE, [])).toBe('list')
    list.replace([A])
    expect(access.mayNot(A, HERE, [])).toBeUndefined()
  })
})

describe('registrants', () => {
  it('are limited for each address', () => {
    const { access } = begin({ perAddress: 2 })
    access.come(HERE)
    expect(access.mayNot(A, HERE, [])).toBeUndefined()
    access.come(HERE)
    expect(access.mayNot(A, HERE, [])).toBe('per_address')
    expect(access.mayNot(A, THERE, [])).toBeUndefined()
    access.go(HERE)
    expect(access.mayNot(A, HERE, [])).toBeUndefined()
  })

  it('from one /64 of IPv6 are counted together, entering and leaving', () => {
    const { access } = begin({ perAddress: 1 })
    access.come('2001:db8:1:2::1')
    expect(access.mayNot(A, '2001:db8:1:2:ffff::9', [])).toBe('per_address')
    expect(access.mayNot(A, '2001:db8:1:3::1', [])).toBeUndefined()
    access.go('2001:db8:1:2:abcd::7')
    expect(access.mayNot(A, '2001:db8:1:2::1', [])).toBeUndefined()
  })

  it('without a known address are counted together', () => {
    const { access } = begin({ perAddress: 1 })
    access.come('')
    expect(access.mayNot(A, '', [])).toBe('per_address')
  })

  it('are limited in all, wherever they come from', () => {
    const { access } = begin({ registrants: 2 })
    access.come(HERE)
    expect(access.mayNot(A, THERE, [])).toBeUndefined()
    access.come(THERE)
    expect(access.mayNot(A, '203.0.113.9', [])).toBe('full')
    access.go(HERE)
    expect(access.mayNot(A, '203.0.113.9', [])).toBeUndefined()
  })
})

describe('the reason of a refusal', () => {
  it('is the one that concerns most: the end, the list, all registrants, the address', () => {
    const list = new AllowList([])
    const { access } = begin({ registrants: 1, perAddress: 1 }, list)
    access.come(HERE)
    expect(access.mayNot(A, HERE, [])).toBe('list')
    list.replace([A])
    expect(access.mayNot(A, HERE, [])).toBe('full')
    access.close()
    list.replace([])
    expect(access.mayNot(A, HERE, [])).toBe('draining')
    const { access: roomy } = begin({ perAddress: 1 })
    roomy.come(HERE)
    expect(roomy.mayNot(A, HERE, [])).toBe('per_address')
  })

  it('is the end of the registry as soon as that drains', () => {
    const { access } = begin()
    access.close()
    expect([access.mayNot(A, HERE, []), access.mayNot(A, THERE, [])]).toEqual(['draining', 'draining'])
  })
})

describe('requests to upgrade', () => {
  const take = (access: AccessByAddress, times: number, address = HERE): boolean[] =>
    Array.from({ length: times }, () => access.takeUpgrade(address))

  it('are limited by the second for each address', () => {
    const { clock, access } = begin({ upgradeRate: 3 })
    expect(take(access, 5)).toEqual([true, true, true, false, false])
    clock.run(999)
    expect(take(access, 1)).toEqual([false])
    clock.run(1)
    expect(take(access, 4)).toEqual([true, true, true, false])
  })

  it('from one address do not count for another one', () => {
    const { access } = begin({ upgradeRate: 1 })
    take(access, 100)
    expect(take(access, 2, THERE)).toEqual([true, false])
  })

  it('from one /64 are counted together', () => {
    const { access } = begin({ upgradeRate: 1 })
    expect(take(access, 1, '2001:db8::1')).toEqual([true])
    expect(take(access, 1, '2001:db8::2')).toEqual([false])
  })

  it('are counted whether registrants were let in or not', () => {
    const { access } = begin({ upgradeRate: 1, registrants: 5 })
    for (let count = 0; count < 5; count += 1) access.come(HERE)
    expect(take(access, 1)).toEqual([true])
  })
})

it('lets a registrant in for which others leave, where its address or the registry is full', () => {
  const { access } = begin({ registrants: 2, perAddress: 1 })
  access.come(HERE)
  const replaces = (...leaving: string[]) => leaving
  expect(access.mayNot(A, HERE, replaces())).toBe('per_address')
  expect(access.mayNot(A, HERE, replaces(HERE))).toBeUndefined()
  expect(access.mayNot(A, HERE, replaces(THERE))).toBe('per_address')
  access.come(THERE)
  expect(access.mayNot(A, HERE, replaces())).toBe('full')
  expect(access.mayNot(A, HERE, replaces(HERE))).toBeUndefined()
})

describe('where the registry is full', () => {
  const ELSEWHERE = '203.0.113.9'
  const givesWay = (access: AccessByAddress, address: string, subprotocol = FINDABLE) =>
    access.givesWay({ address, subprotocol }, [])

  it('the oldest registrant of the address that has most gives way to one of an address that has fewer', () => {
    const { access } = begin({ registrants: 3 })
    const [first] = [access.come(HERE), access.come(HERE), access.come(THERE)]
    expect(access.mayNot(A, ELSEWHERE, [])).toBeUndefined()
    expect(givesWay(access, ELSEWHERE)).toBe(first)
    // With it, each would have two, or one more than the other has.
    expect(access.mayNot(A, THERE, [])).toBe('full')
    expect(access.mayNot(A, HERE, [])).toBe('full')
  })

  it('one that cannot be found gives way first, wherever it comes from, but not to another one that cannot', () => {
    const { access } = begin({ registrants: 3 })
    access.come(HERE)
    access.come(HERE)
    const unfindable = access.come(THERE, false)
    for (const address of [HERE, THERE, ELSEWHERE]) expect(givesWay(access, address)).toBe(unfindable)
    expect(access.mayNot(A, ELSEWHERE, [], UNFINDABLE)).toBe('full')
    access.rate(unfindable, true)
    expect(access.mayNot(A, THERE, [])).toBe('full')
  })

  it('nobody gives way as long as there is room, however many an address has', () => {
    const { access } = begin({ registrants: 1000 })
    for (let count = 0; count < 999; count += 1) access.come(HERE)
    expect(access.mayNot(A, HERE, [])).toBeUndefined()
    expect(givesWay(access, ELSEWHERE)).toBeUndefined()
  })
})

it('where an address has its full number, its own registrant that cannot be found gives way to one that can', () => {
  const { access } = begin({ perAddress: 2 })
  access.come(HERE)
  const unfindable = access.come(HERE, false)
  expect(access.mayNot(A, HERE, [], UNFINDABLE)).toBe('per_address')
  expect(access.mayNot(A, HERE, [])).toBeUndefined()
  expect(access.givesWay({ address: HERE, subprotocol: FINDABLE }, [])).toBe(unfindable)
})
