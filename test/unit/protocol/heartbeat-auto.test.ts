import { describe, expect, it } from 'vitest'
import { heartbeatSettings } from '../../../src/sidecar/registration/heartbeat-timeouts.ts'
import { harness, TOGETHER_MS } from './watched.ts'

describe('settings by the number of links', () => {
  const auto = { intervalMs: 'auto', timeoutMs: 'auto' } as const
  const settingsFor = (links: number) => heartbeatSettings(links, auto)

  it.each([
    [1, 1800, 5400],
    [100, 1800, 5400],
    [1000, 10_000, 15_000],
  ])(
    'of %i links, a dead one is pinged within %i ms and given up within %i ms of its last word',
    (count, intervalMs, withinMs) => {
      const { clock, join } = harness({ settingsFor, pongMs: 0 })
      for (let others = 1; others < count; others += 1) join()
      clock.run(60_000)
      const dead = join(null)
      clock.run(30_000)
      expect((dead.pingsMs[0] ?? 0) - dead.joinedMs).toBeLessThanOrEqual(intervalMs + TOGETHER_MS)
      expect((dead.silentMs[0] ?? Number.NaN) - dead.joinedMs).toBeLessThanOrEqual(withinMs + 2 * TOGETHER_MS)
    },
  )

  it('when thousands leave, the few that stay are pinged quickly again at once', () => {
    const { clock, join, leave, links } = harness({ settingsFor, pongMs: 0 })
    for (let count = 0; count < 2000; count += 1) join()
    clock.run(15_000)
    for (const link of [...links].slice(10)) leave(link)
    const leftMs = clock.now()
    clock.run(60_000)
    for (const { pingsMs, silentMs } of links) {
      expect(silentMs).toEqual([])
      const since = pingsMs.filter((atMs) => atMs >= leftMs)
      expect((since[0] ?? 0) - leftMs).toBeLessThanOrEqual(2000 + TOGETHER_MS)
      for (const [index, atMs] of since.slice(1).entries())
        expect(atMs - (since[index] ?? 0)).toBeLessThanOrEqual(2000 + TOGETHER_MS)
    }
  })

  it('when thousands join, none of them is given up that answers in time', () => {
    const { clock, join, links } = harness({ settingsFor, pongMs: 3200 })
    for (let second = 0; second < 60; second += 1) {
      for (let count = 0; count < 50; count += 1) join()
      clock.run(1000)
    }
    expect(links.size).toBe(3000)
  })
})
