import { expect, it } from 'vitest'
import { Allowance } from '../../../../src/sidecar/registration/allowance.ts'

it('lets 100 events a second through, and 100 more in the next', () => {
  const allowance = new Allowance()
  const taken = (fromMs: number): number =>
    Array.from({ length: 500 }, (_, index) => allowance.take(fromMs + index)).filter(Boolean).length
  expect(taken(0)).toBe(100)
  expect(taken(500)).toBe(0)
  expect(taken(1000)).toBe(100)
})

it('does not count the "roger" to what was said to the registry', () => {
  const allowance = new Allowance()
  const taken = Array.from({ length: 400 }, () => {
    const asked = allowance.take(0)
    if (!asked) return false
    allowance.expectRoger()
    return allowance.take(0)
  })
  expect(taken.filter(Boolean)).toHaveLength(100)
})
