import fc from 'fast-check'
import { expect, it } from 'vitest'
import { heartbeatSettings } from '../../../../src/sidecar/registration/heartbeat-timeouts.ts'

const AUTO = { intervalMs: 'auto', timeoutMs: 'auto' } as const

it.each([
  [0, 1800, 3600],
  [1, 1800, 3600],
  [100, 1800, 3600],
  [550, 5900, 4300],
  [1000, 10_000, 5000],
  [1_000_000, 10_000, 5000],
])('the heartbeat of %i links: each %i ms, with %i ms to answer', (links, intervalMs, timeoutMs) => {
  expect(heartbeatSettings(links, AUTO)).toEqual({ intervalMs, timeoutMs })
})

it('what the user has chosen holds for any number of links; the other half stays automatic', () => {
  for (const links of [1, 500, 5000]) {
    expect(heartbeatSettings(links, { intervalMs: 7000, timeoutMs: 900 })).toEqual({
      intervalMs: 7000,
      timeoutMs: 900,
    })
    expect(heartbeatSettings(links, { intervalMs: 7000, timeoutMs: 'auto' })).toEqual({
      intervalMs: 7000,
      timeoutMs: heartbeatSettings(links, AUTO).timeoutMs,
    })
    expect(heartbeatSettings(links, { intervalMs: 'auto', timeoutMs: 900 })).toEqual({
      intervalMs: heartbeatSettings(links, AUTO).intervalMs,
      timeoutMs: 900,
    })
  }
})

it('more links are never pinged more often, and never more than 100 pings a second are sent for up to 1,000', () => {
  fc.assert(
    fc.property(fc.nat({ max: 3000 }), fc.nat({ max: 100 }), (links, more) => {
      const [few, many] = [heartbeatSettings(links, AUTO), heartbeatSettings(links + more, AUTO)]
      expect(many.intervalMs).toBeGreaterThanOrEqual(few.intervalMs)
      expect(many.timeoutMs).toBeGreaterThanOrEqual(few.timeoutMs)
      if (links <= 1000) expect((links * 1000) / few.intervalMs).toBeLessThanOrEqual(100)
    }),
  )
})
