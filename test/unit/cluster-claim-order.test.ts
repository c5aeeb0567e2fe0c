import { describe, expect, it } from 'vitest'
import { isHigher, newestOf } from '../../src/registry/cluster/claim-order.ts'

const ours = { node: 'b', number: 5 }
const fresh = { isFresh: true, isAgain: false }
const again = { isFresh: true, isAgain: true }
const older = { isFresh: false, isAgain: false }

describe('of two claims', () => {
  it('the one with the higher number counts, and where they are equal that of the higher node', () => {
    expect(isHigher({ node: 'a', number: 6 }, ours)).toBe(true)
    expect(isHigher({ node: 'c', number: 4 }, ours)).toBe(false)
    expect(isHigher({ node: 'c', number: 5 }, ours)).toBe(true)
    expect(isHigher({ node: 'a', number: 5 }, ours)).toBe(false)
  })
})

describe('the newest registrant, where the clocks of two nodes have different origins', () => {
  it.each([
    ['a newcomer, though its number is lower', 100, { node: 'a', number: 1, ...fresh }, 'newcomer'],
    [
      'of two that came at the same time the one with the higher number',
      99,
      { node: 'a', number: 1, ...fresh },
      'ours',
    ],
    ['a newcomer with the higher number', 0, { node: 'a', number: 6, ...fresh }, 'newcomer'],
    ['one that came since a newcomer said so first', 2999, { node: 'a', number: 4, ...again }, 'ours'],
    [
      'a newcomer that says so again, where ours came long before',
      3000,
      { node: 'a', number: 4, ...again },
      'newcomer',
    ],
    [
      'ours that has just come, though one that came long ago has a higher number',
      2999,
      { node: 'a', number: 9, ...older },
      'ours',
    ],
    ['the higher number of two that came long ago', 3000, { node: 'a', number: 9, ...older }, 'theirs'],
    ['the higher number of two that came long ago, ours', 3000, { node: 'a', number: 4, ...older }, 'ours'],
  ])('is %s', (_, ageMs, heard, newest) => {
    expect(newestOf(ours, ageMs, heard, false)).toBe(newest)
  })
})

it('the newest registrant is the one with the higher number, where two nodes have the same clock: a claim may have come late', () => {
  for (const how of [fresh, again, older]) {
    expect(newestOf(ours, 10_000, { node: 'a', number: 4, ...how }, true)).toBe('ours')
    expect(newestOf(ours, 0, { node: 'a', number: 6, ...how }, true)).toBe('theirs')
  }
})
