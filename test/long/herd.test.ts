import { expect, it } from 'vitest'
import { CONNECT_RATE } from '../simulation/herd.ts'
import { scenario, simulate } from '../simulation/scenarios.ts'

// The two of `test/behaviour/herd.test.ts` that take longest.

/** No 100 ms with a larger share of all sidecars' attempts. */
const SHARE = 0.15

it('many sidecars of one token lose one registry, away for 20 s: one attempt a second each meanwhile, and no wave then', async () => {
  const sidecars = 2000
  const { during, after, back } = await simulate(scenario('away for 20 s'), { sidecars, tokens: 1, seed: 1 })
  expect(during?.meanPerSecond).toBeLessThan(1.05 * sidecars)
  expect(during?.peakPer100Ms).toBeLessThan(SHARE * sidecars)
  expect(after.peakPer100Ms).toBeLessThan(SHARE * sidecars)
  expect(back.count).toBe(sidecars)
  expect(back.p99).toBeLessThan(2000)
})

it('sidecars of a thousand tokens each lose one registry, which accepts and closes for 5 min: no process goes over its rate', async () => {
  const name = 'accepts and closes for 5 min'
  const { worstSecond } = await simulate(scenario(name), { sidecars: 5, tokens: 1000, seed: 1 })
  expect(worstSecond).toBeGreaterThan(0.9 * CONNECT_RATE)
  expect(worstSecond).toBeLessThanOrEqual(1.1 * CONNECT_RATE)
})
