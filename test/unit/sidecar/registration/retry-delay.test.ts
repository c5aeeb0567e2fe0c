import { describe, expect, it } from 'vitest'
import { reducerSettings } from '../../../../src/sidecar/registration/reducer-settings.ts'
import { retryDelayMs } from '../../../../src/sidecar/registration/retry-delay.ts'
import { seededChance } from '../../../support/chance.ts'
import { broken } from './registration-states.ts'

const settings = reducerSettings({ backoffMaxMs: 10_000 })
const MINUTES_MS = 5 * 60_000

/** The longest wait after so many failures, the last one of a registration that was held for so long. */
const longest = (failures: number, heldMs: number): number => {
  const memory = { attempt: 1, failures, failingSinceMs: 0, refusals: 0, refusedSinceMs: 0 }
  return retryDelayMs(memory, broken, heldMs, { nowMs: 0, chance: 1, settings })
}

describe('after a registration that was lost before it had lasted', () => {
  it.each([
    [1, 0, 800],
    [1, 999, 640],
    [1, 1000, 100],
    [2, 1000, 800],
    [2, 2500, 500],
    [50, 0, 10_000],
    [50, 2500, 5000],
    [50, 4000, 2000],
  ])('failure %i, held for %i ms: at most %i ms', (failures, heldMs, wantedMs) => {
    expect(longest(failures, heldMs)).toBe(wantedMs)
  })

  it.each([0, 500, 1000, 2000, 2500, 3000, 4000, 4900])(
    'a registry that closes after %i ms, over and over, is asked at most 80 times in five minutes',
    (heldMs) => {
      for (let seed = 0; seed < 50; seed += 1) {
        const chance = seededChance(seed)
        let nowMs = 0
        let attempts = 0
        while (nowMs < MINUTES_MS) {
          attempts += 1
          const memory = {
            attempt: attempts,
            failures: attempts,
            failingSinceMs: 0,
            refusals: 0,
            refusedSinceMs: 0,
          }
          nowMs += heldMs + retryDelayMs(memory, broken, heldMs, { nowMs, chance: chance(), settings })
        }
        expect(attempts).toBeLessThanOrEqual(80)
      }
    },
  )
})
