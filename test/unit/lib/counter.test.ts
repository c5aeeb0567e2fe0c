import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Counter } from '../../../src/lib/counter.ts'

it('counts by key', () => {
  const tally = new Counter()
  tally.add('a')
  tally.add('a')
  tally.add('b')
  expect([tally.of('a'), tally.of('b'), tally.of('c')]).toEqual([2, 1, 0])
  tally.remove('a')
  tally.remove('b')
  expect(tally.keys()).toEqual(['a'])
  tally.clear()
  expect([tally.of('a'), tally.of('b')]).toEqual([0, 0])
})

it('whatever is added and removed: no count is less than none, and what is removed as often as added is 0', () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.constantFrom('a', 'b')))
  fc.assert(
    fc.property(steps, (sequence) => {
      const tally = new Counter()
      const counts: Record<string, number> = { a: 0, b: 0 }
      for (const [more, key] of sequence) {
        if (more) tally.add(key)
        else tally.remove(key)
        counts[key] = Math.max(0, (counts[key] ?? 0) + (more ? 1 : -1))
      }
      expect({ a: tally.of('a'), b: tally.of('b') }).toEqual(counts)
    }),
  )
})
