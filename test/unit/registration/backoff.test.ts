import { expect, it } from 'vitest'
import { backoffMs } from '../../../src/registration/backoff.ts'

const settings = { baseMs: 500, maxMs: 15_000 }

it('doubles the bound from 0.5 s up to the cap', () => {
  const bounds = [1, 2, 3, 4, 5, 6, 7, 50, 5000].map((failures) => backoffMs(failures, 1, settings))
  expect(bounds).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 15_000])
})

it('takes the jitter last, after the cap: waits stay spread over the whole bound', () => {
  expect([0, 0.25, 0.5].map((chance) => backoffMs(40, chance, settings))).toEqual([0, 3750, 7500])
})
