import { describe, expect, it } from 'vitest'
import { CONNECT_RATE } from '../simulation/herd.ts'
import { scenario, simulate } from '../simulation/scenarios.ts'

// The two that take longest are in `test/long`.

/** No 100 ms with a larger share of all sidecars' attempts. */
const SHARE = 0.15
/** `npm run bench:herds` has five thousand. They know nothing of each other, so that fewer show the same, but for chance. */
const ONE_TOKEN = { sidecars: 2000, tokens: 1, seed: 1 }
const FEWER = { ...ONE_TOKEN, sidecars: 300 }
/** What chance adds to the fullest of thousands of windows where sidecars are so few. */
const FEWER_SHARE = 0.2
const MANY_TOKENS = { sidecars: 5, tokens: 1000, seed: 1 }

describe('many sidecars of one token lose one registry', () => {
  it.each([
    'restart of 2 s',
    'away for 0.6 s',
    'away for 1 s',
    'away for 1.4 s',
    'away for 1.5 s',
    'away for 5 s',
  ])(
    '%s: one attempt a second each meanwhile, and no wave then',
    async (name) => {
      const { during, after, back } = await simulate(scenario(name), ONE_TOKEN)
      if (during !== undefined) {
        expect(during.meanPerSecond).toBeLessThan(1.05 * ONE_TOKEN.sidecars)
        expect(during.peakPer100Ms).toBeLessThan(SHARE * ONE_TOKEN.sidecars)
      }
      expect(after.peakPer100Ms).toBeLessThan(SHARE * ONE_TOKEN.sidecars)
      expect(back.count).toBe(ONE_TOKEN.sidecars)
      expect(back.p99).toBeLessThan(2000)
    },
    60_000,
  )

  it('away for 5 min: all are back as soon as after a second', async () => {
    const { during, after, back } = await simulate(scenario('away for 5 min'), FEWER)
    expect(during?.meanPerSecond).toBeLessThan(1.05 * FEWER.sidecars)
    expect(during?.peakPer100Ms).toBeLessThan(FEWER_SHARE * FEWER.sidecars)
    expect(after.peakPer100Ms).toBeLessThan(FEWER_SHARE * FEWER.sidecars)
    expect(back.p99).toBeLessThan(2000)
  }, 60_000)

  it('away for 20 min: attempts become fewer, and all are back within the longest wait', async () => {
    const few = { ...FEWER, sidecars: 100 }
    const { during, back } = await simulate(scenario('away for 20 min'), few)
    expect(during?.meanPerSecond).toBeLessThan(0.7 * few.sidecars)
    expect(back.max).toBeLessThan(10_000)
  }, 60_000)

  it('packets vanish for 20 s: who waits for TCP does not try again, and all are back within 4 s', async () => {
    const { during, after, back } = await simulate(scenario('packets vanish for 20 s'), ONE_TOKEN)
    expect(during?.meanPerSecond).toBeLessThan(0.5 * ONE_TOKEN.sidecars)
    expect(during?.peakPer100Ms).toBeLessThan(SHARE * ONE_TOKEN.sidecars)
    expect(after.peakPer100Ms).toBeLessThan(SHARE * ONE_TOKEN.sidecars)
    expect(back.p99).toBeLessThan(4000)
  }, 60_000)

  it('half of the attempts are refused: those who failed try once a second', async () => {
    const name = 'reset, then half refused with 503 for 60 s'
    const { during, attempts } = await simulate(scenario(name), ONE_TOKEN)
    // After the first second half of the refused ones are left, or fewer.
    expect(during?.peakPer100Ms).toBeLessThan(SHARE * ONE_TOKEN.sidecars)
    // Of n attempts one in 2 to the nth all fail.
    expect(attempts.p99).toBeLessThanOrEqual(8)
  }, 60_000)

  it('the registry sends away those whom it cannot serve: they come when it said, spread', async () => {
    const name = 'reset, serves 500 handshakes a second'
    const { during, back, attempts } = await simulate(scenario(name), ONE_TOKEN)
    expect(during?.peakPer100Ms).toBeLessThan(0.1 * ONE_TOKEN.sidecars)
    // Nobody is sent away twice, and the registry is never idle for long: 4 s are what so many take.
    expect(attempts.max).toBe(2)
    expect(back.max).toBeLessThan(6000)
  }, 60_000)

  it('the registry accepts and closes for 5 min: at most 80 attempts a token, spread', async () => {
    const { during, attempts } = await simulate(scenario('accepts and closes for 5 min'), FEWER)
    expect(attempts.p50).toBeLessThan(70)
    expect(attempts.p99).toBeLessThanOrEqual(80)
    expect(during?.peakPer100Ms).toBeLessThan(FEWER_SHARE * FEWER.sidecars)
  }, 60_000)
})

describe('sidecars of a thousand tokens each lose one registry', () => {
  it.each(['away for 2 s', 'away for 20 s'])(
    '%s: one token of each tries once a second meanwhile; then all come at the rate',
    async (name) => {
      const { during, back, worstSecond } = await simulate(scenario(name), MANY_TOKENS)
      expect(during?.meanPerSecond).toBeLessThan(1.2 * MANY_TOKENS.sidecars)
      expect(back.count).toBe(MANY_TOKENS.sidecars * MANY_TOKENS.tokens)
      expect(back.max).toBeLessThan(2000 + (MANY_TOKENS.tokens * 1000) / CONNECT_RATE)
      expect(worstSecond).toBeLessThanOrEqual(1.1 * CONNECT_RATE)
    },
    60_000,
  )

  it.each(['reset, then half refused with 503 for 60 s', 'reset without absence'])(
    '%s: no process goes over its rate',
    async (name) => {
      const { worstSecond } = await simulate(scenario(name), MANY_TOKENS)
      expect(worstSecond).toBeGreaterThan(0.9 * CONNECT_RATE)
      expect(worstSecond).toBeLessThanOrEqual(1.1 * CONNECT_RATE)
    },
    60_000,
  )
})
