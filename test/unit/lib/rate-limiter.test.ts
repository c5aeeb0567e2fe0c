import { describe, expect, it } from 'vitest'
import { KeyedRateLimiter, RateLimiter } from '../../../src/lib/rate-limiter.ts'

const RATE = { limit: 2, windowMs: 1000 }

describe('a rate limiter', () => {
  it('allows as much as its limit in a window, and as much again in the next one', () => {
    const limiter = new RateLimiter(RATE)
    expect([0, 10, 999].map((nowMs) => limiter.take(nowMs))).toEqual([true, true, false])
    expect([1000, 1500, 1999, 2000].map((nowMs) => limiter.take(nowMs))).toEqual([true, true, false, true])
  })

  it('begins a window with the first use, however long nothing was used before', () => {
    const limiter = new RateLimiter(RATE)
    limiter.take(0)
    expect([5700, 5800, 6600, 6700].map((nowMs) => limiter.take(nowMs))).toEqual([true, true, false, true])
  })

  it('knows how long its window still lasts', () => {
    const limiter = new RateLimiter(RATE)
    limiter.take(5700)
    expect([limiter.leftMs(5700), limiter.leftMs(6600)]).toEqual([1000, 100])
  })

  it('allows one more for each that is given back', () => {
    const limiter = new RateLimiter(RATE)
    limiter.take(0)
    limiter.take(0)
    limiter.giveBack()
    expect([limiter.take(0), limiter.take(0)]).toEqual([true, false])
  })
})

describe('a keyed rate limiter', () => {
  it('counts each key by itself', () => {
    const limiter = new KeyedRateLimiter(RATE)
    expect(['a', 'a', 'a', 'b'].map((key) => limiter.take(key, 0))).toEqual([true, true, false, true])
    expect(limiter.take('a', 1000)).toBe(true)
  })
})
