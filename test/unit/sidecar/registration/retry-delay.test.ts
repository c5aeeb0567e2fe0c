import { describe, expect, it } from 'vitest'
import type { Failure } from '../../../../src/sidecar/registration/failure.ts'
import { reducerSettings } from '../../../../src/sidecar/registration/reducer-settings.ts'
import { retryDelayMs } from '../../../../src/sidecar/registration/retry-delay.ts'
import { seededChance } from '../../../support/chance.ts'
import { away, broken, later } from './registration-states.ts'

const settings = reducerSettings({ backoffMaxMs: 10_000 })
const MINUTES_MS = 5 * 60_000

/** The longest wait after so many failures, the last one of a registration that was held for so long. */
const longest = (failures: number, heldMs: number): number => {
  const memory = { attempt: 1, failures, failingSinceMs: 0, refusals: 0, refusedSinceMs: 0 }
  return retryDelayMs(memory, broken, heldMs, { nowMs: 0, chance: 1, settings })
}

describe('after an attempt at a registry that is away', () => {
  /** The wait after so many failures, by chance. */
  const wait = (failure: Failure, failures: number, chance: number): number => {
    const memory = { attempt: 1, failures, failingSinceMs: 0, refusals: 0, refusedSinceMs: 0 }
    return retryDelayMs(memory, failure, 0, { nowMs: 0, chance, settings })
  }
  const refusedByOneOfSeveral: Failure = { ...away, stage: 'HTTP', code: 'REGISTRY_UNAVAILABLE' }
  const tooMany: Failure = { ...later, code: 'REGISTRY_RATE_LIMITED', afterMs: undefined }

  it('the first wait is the rest of one: one of several registries may be ending', () => {
    const waits = [0, 0.5, 0.875, 1].map((chance) => wait(refusedByOneOfSeveral, 1, chance))
    expect(waits).toEqual([0, 500, 1000, 1500])
  })

  it('later ones, and those of a token that comes too often, are whole', () => {
    expect([0, 1].map((chance) => wait(refusedByOneOfSeveral, 2, chance))).toEqual([500, 1500])
    expect([0, 1].map((chance) => wait(tooMany, 1, chance))).toEqual([500, 1500])
  })

  it('a registry that says how long is left alone for as long, the first time too', () => {
    expect(wait({ ...refusedByOneOfSeveral, afterMs: 2000 }, 1, 0)).toBe(2000)
  })
})

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
