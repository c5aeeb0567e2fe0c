import { describe, expect, it } from 'vitest'
import { type Metric, rowOf } from '../../../bench/pairs/rows.mjs'

const BEFORE = [100, 104, 96]
const LOWER: Metric = { text: 'exit', format: (value) => `${value} ms` }
const HIGHER: Metric = { ...LOWER, better: 'higher' }

function row(after: number[], metric = LOWER, before = BEFORE): string[] {
  const pairs = before.map((value, index) => ({ before: { it: value }, after: { it: after[index] ?? 0 } }))
  return rowOf('it', metric, pairs)
}

const isWorse = (after: number[], metric = LOWER): string | undefined => row(after, metric).at(-1)

describe('a row of bench:pairs', () => {
  it('has the medians and ranges of both builds, and the ratio of the medians', () => {
    expect(row([50, 60, 40])).toEqual([
      'exit',
      '100 ms (96 ms to 104 ms)',
      '50 ms (40 ms to 60 ms)',
      '0.50 ×',
      'no',
    ])
  })

  it('is worse if the median is over 5 % higher and higher than all values before', () => {
    expect(isWorse([106, 120, 90])).toBe('**yes**')
  })

  it('is not worse within 5 %', () => {
    expect(isWorse([105, 105, 105])).toBe('no')
  })

  it('is not worse within the range before', () => {
    expect(row([110, 110, 110], LOWER, [100, 111, 96]).at(-1)).toBe('no')
  })

  it('is worse if a rate is over 5 % lower and lower than all values before', () => {
    expect(isWorse([94, 94, 94], HIGHER)).toBe('**yes**')
    expect(isWorse([96, 96, 96], HIGHER)).toBe('no')
    expect(isWorse([200, 200, 200], HIGHER)).toBe('no')
  })

  it('has no ratio if the median before is 0', () => {
    expect(row([1, 1, 1], LOWER, [0, 0, 0])[3]).toBe('')
  })
})
