import fc from 'fast-check'
import { expect, it } from 'vitest'
import { inGroups } from '../../../src/registry/drain.ts'
import { QuickClock } from '../../support/quick-clock.ts'

/** When each of so many has its turn, and when all is over. */
async function turns(count: number, overMs: number) {
  const clock = new QuickClock()
  const all = Array.from({ length: count }, (_, index) => index)
  const seen: { readonly one: number; readonly atMs: number }[] = []
  let endMs = Number.NaN
  void inGroups(all, overMs, clock, (one) => void seen.push({ one, atMs: clock.now() })).then(() => {
    endMs = clock.now()
  })
  await clock.advance(overMs + 1)
  expect(clock.pending).toBe(0)
  return { seen, endMs }
}

it('is over at once where there is no registrant', async () => {
  expect(await turns(0, 5000)).toEqual({ seen: [], endMs: 0 })
})

it('takes all registrants at once where there is no time', async () => {
  const { seen, endMs } = await turns(1000, 0)
  expect([seen.length, endMs]).toEqual([1000, 0])
})

it('spreads ten thousand over 5 s: a group of 200 each 100 ms, the first one at once', async () => {
  const { seen, endMs } = await turns(10_000, 5000)
  expect(seen.map(({ one }) => one)).toEqual(Array.from({ length: 10_000 }, (_, index) => index))
  for (const { one, atMs } of seen) expect(atMs).toBeCloseTo(Math.floor(one / 200) * 100, 3)
  expect(endMs).toBeCloseTo(4900, 3)
})

it('takes each of a few by itself', async () => {
  const { seen } = await turns(5, 5000)
  expect(seen.map(({ atMs }) => atMs)).toEqual([0, 1000, 2000, 3000, 4000])
})

it('takes each registrant once, in order, in groups of one size, within the time, however many there are', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(2000), fc.nat(10_000), async (count, overMs) => {
      const { seen, endMs } = await turns(count, overMs)
      expect(seen.map(({ one }) => one)).toEqual(Array.from({ length: count }, (_, index) => index))
      expect(endMs).toBeLessThanOrEqual(overMs)
      const sizes = new Map<number, number>()
      for (const { atMs } of seen) sizes.set(atMs, (sizes.get(atMs) ?? 0) + 1)
      if (count === 0) return
      expect(Math.max(...sizes.values()) - Math.min(...sizes.values())).toBeLessThanOrEqual(1)
      expect(sizes.size).toBe(Math.max(1, Math.min(count, Math.floor(overMs / 100))))
    }),
    { numRuns: 100 },
  )
})
