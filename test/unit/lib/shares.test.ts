import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Share, Shares } from '../../../src/lib/shares.ts'

const KEYS = ['a', 'b', 'c', 'd'] as const

/** The same by looking through all of them, the oldest first. */
class Plain {
  items: Share[] = []

  of(key: string): number {
    return this.items.filter((item) => item.key === key).length
  }

  least(key: string): Share | undefined {
    const own = this.items.filter((item) => item.key === key)
    return own.toSorted((one, other) => one.worth - other.worth)[0]
  }
}

const steps = fc.array(
  fc.record({
    what: fc.constantFrom('add', 'add', 'add', 'remove', 'rate', 'remove twice'),
    key: fc.constantFrom(...KEYS),
    which: fc.nat(),
    worth: fc.nat(2),
  }),
  { maxLength: 200 },
)

it('knows who has how much, who has most, and what is worth least of it, whatever comes and goes', () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const shares = new Shares<Share>()
      const plain = new Plain()
      for (const { what, key, which, worth } of sequence) {
        const some = plain.items[which % Math.max(1, plain.items.length)]
        if (what === 'add') {
          const item = { key, worth }
          shares.add(item)
          plain.items.push(item)
        } else if (some !== undefined) {
          plain.items = plain.items.filter((item) => item !== some)
          if (what === 'rate') {
            shares.rate(some, worth)
            plain.items.push(some)
          } else {
            shares.remove(some)
            if (what === 'remove twice') shares.remove(some)
          }
        }
        expect(shares.size).toBe(plain.items.length)
        const counts = KEYS.map((each) => plain.of(each))
        expect(KEYS.map((each) => shares.of(each))).toEqual(counts)
        expect(shares.keys).toBe(counts.filter((count) => count > 0).length)
        for (const each of KEYS) {
          expect(shares.least(each)).toBe(plain.least(each))
          expect(plain.of(shares.most(each))).toBe(Math.max(...counts))
          if (plain.of(each) === Math.max(...counts)) expect(shares.most(each)).toBe(each)
        }
      }
      for (const item of plain.items) shares.remove(item)
      expect([shares.size, shares.keys, shares.most('x')]).toEqual([0, 0, 'x'])
    }),
    { numRuns: 300 },
  )
})
