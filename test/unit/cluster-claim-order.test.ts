import { expect, it } from 'vitest'
import { isHigher } from '../../src/registry/cluster/claim-order.ts'

it('of two claims the one with the higher number counts, and where they are equal that of the higher node', () => {
  const ours = { node: 'b', number: 5 }
  expect(isHigher({ node: 'a', number: 6 }, ours)).toBe(true)
  expect(isHigher({ node: 'c', number: 4 }, ours)).toBe(false)
  expect(isHigher({ node: 'c', number: 5 }, ours)).toBe(true)
  expect(isHigher({ node: 'a', number: 5 }, ours)).toBe(false)
})
