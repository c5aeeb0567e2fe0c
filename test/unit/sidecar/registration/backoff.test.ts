import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoffMs } from '../../../../src/sidecar/registration/backoff.ts'
import {
  firstOutageRetryMs,
  outageRetryMs,
} from '../../../../src/sidecar/registration/outage-retry-interval.ts'
import { seededChance } from '../../../support/chance.ts'

const settings = { baseMs: 500, maxMs: 10_000 }
const MINUTE_MS = 60_000
const chances = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('the backoff', () => {
  it('grows the bound by a quarter with each failure, from the base up to the cap', () => {
    const bounds = [1, 2, 3, 4, 14, 15, 50, 5000].map((failures) => backoffMs(failures, 1, settings))
    expect(bounds).toEqual([500, 625, 781, 977, 9095, 10_000, 10_000, 10_000])
  })

  it('takes the jitter last, after the cap: waits stay spread from a tenth of the bound on', () => {
    expect([0, 0.25, 0.5].map((chance) => backoffMs(40, chance, settings))).toEqual([1000, 3250, 5500])
  })
})

describe('the steady pace', () => {
  it.each([
    [0, 500, 1500],
    [MINUTE_MS, 500, 1500],
    [5 * MINUTE_MS, 500, 1500],
    [15 * MINUTE_MS, 1500, 4500],
    [60 * MINUTE_MS, 3333, 10_000],
    [7 * 24 * 60 * MINUTE_MS, 3333, 10_000],
  ])(
    'of a registry that has been away for %i ms: %i to %i ms between two attempts',
    (awayMs, least, most) => {
      expect([outageRetryMs(awayMs, 0, settings), outageRetryMs(awayMs, 1, settings)]).toEqual([least, most])
      expect(outageRetryMs(awayMs, 0.5, settings)).toBe(Math.round((least + most) / 2))
    },
  )

  it('for five minutes every wait is between 0.5 and 1.5 s, and none is ever longer than the bound or shorter than a third of it', () => {
    fc.assert(
      fc.property(fc.nat({ max: 24 * 60 * MINUTE_MS }), chances, (awayMs, chance) => {
        const waitMs = outageRetryMs(awayMs, chance, settings)
        expect(waitMs).toBeGreaterThanOrEqual(500)
        expect(waitMs).toBeLessThanOrEqual(awayMs <= 5 * MINUTE_MS ? 1500 : settings.maxMs)
        expect(waitMs).toBeGreaterThanOrEqual(Math.floor(outageRetryMs(awayMs, 1, settings) / 3))
      }),
    )
  })

  it('never becomes quicker with the time', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), chances, (awayMs, moreMs, chance) => {
        expect(outageRetryMs(awayMs + moreMs, chance, settings)).toBeGreaterThanOrEqual(
          outageRetryMs(awayMs, chance, settings),
        )
      }),
    )
  })

  it('obeys a bound of the user that is shorter than its own waits', () => {
    fc.assert(
      fc.property(fc.nat(), chances, fc.integer({ min: 1, max: 1500 }), (awayMs, chance, maxMs) => {
        expect(outageRetryMs(awayMs, chance, { maxMs })).toBeLessThanOrEqual(maxMs)
        expect(firstOutageRetryMs(chance, { maxMs })).toBeLessThanOrEqual(maxMs)
      }),
    )
  })
})

describe('the first wait of the pace', () => {
  it.each([
    [0, 0],
    [0.25, 250],
    [0.5, 500],
    [0.875, 1000],
    [0.99999, 1496],
  ])('with chance %d is %i ms', (chance, waitMs) => {
    expect(firstOutageRetryMs(chance, settings)).toBe(waitMs)
  })

  it('is never negative, never longer than 1.5 s, and grows with chance', () => {
    fc.assert(
      fc.property(chances, chances, (one, other) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)]
        expect(firstOutageRetryMs(less, settings)).toBeGreaterThanOrEqual(0)
        expect(firstOutageRetryMs(more, settings)).toBeLessThanOrEqual(1500)
        expect(firstOutageRetryMs(more, settings)).toBeGreaterThanOrEqual(firstOutageRetryMs(less, settings))
      }),
    )
  })
})

describe('5,000 that lose one registry in the same instant', () => {
  const COUNT = 5000

  /** How many of them attempt in each 100 ms of the first minute. */
  function attempts(seed: number): number[] {
    const chance = seededChance(seed)
    const found = Array.from({ length: 600 }, () => 0)
    for (let one = 0; one < COUNT; one += 1) {
      let atMs = firstOutageRetryMs(chance(), settings)
      while (atMs < MINUTE_MS) {
        const piece = Math.floor(atMs / 100)
        found[piece] = (found[piece] ?? 0) + 1
        atMs += outageRetryMs(atMs, chance(), settings)
      }
    }
    return found
  }

  it.each([1, 2, 3, 4, 5])(
    'attempt evenly, from the first moment on: no 100 ms with more than 12 % of them (seed %i)',
    (seed) => {
      const shares = attempts(seed).map((count) => count / COUNT)
      expect(Math.max(...shares)).toBeLessThanOrEqual(0.12)
      expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.08)
    },
  )

  it.each([1, 2, 3])('attempt once a second each on average, all the while (seed %i)', (seed) => {
    const found = attempts(seed)
    for (let second = 0; second < 60; second += 1) {
      const inIt = found.slice(second * 10, second * 10 + 10).reduce((sum, count) => sum + count, 0)
      expect(Math.abs(inIt / COUNT - 1)).toBeLessThanOrEqual(0.04)
    }
  })
})
