import { describe, expect, it } from 'vitest'
import { retryAfterWaitMs } from '../../../src/net/retry-after.ts'

describe('the time that a registry asks for', () => {
  it.each([
    [undefined, 0.5, 0],
    [0, 0, 0],
    [0, 0.5, 500],
    [7000, 0, 7000],
    [60_000, 0.75, 60_750],
  ])('%s ms with chance %d is %i ms: whole seconds are spread over the next one', (afterMs, chance, ms) => {
    expect(retryAfterWaitMs(afterMs === undefined ? {} : { afterMs }, chance)).toBe(ms)
  })
})
