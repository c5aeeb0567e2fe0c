import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ProbeResult } from '../../../src/events.ts'
import { ProbeLoop } from '../../../src/probe/loop.ts'
import type { Finding, Probe } from '../../../src/probe/probe.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const GOOD: Finding = { ok: true, tls: false, health: null }
const BROKEN: Finding = { ok: false, kind: 'failed', reason: 'broken' }
const NEVER = Number.POSITIVE_INFINITY

interface Options {
  /** How long each look takes, in milliseconds; the last one goes on. */
  readonly tookMs?: readonly number[]
  readonly finding?: Finding
  /** What a look that is called off finds, at once. */
  readonly whenAborted?: Finding
  readonly pauseMs?: number
  readonly timeoutMs?: number
}

/** A loop around a probe that takes its time, as a probe promises: it gives up when its signal aborts. */
function begin({
  tookMs = [0],
  finding = GOOD,
  whenAborted = BROKEN,
  pauseMs = 1000,
  timeoutMs = 1000,
}: Options = {}) {
  const clock = new FakeClock()
  const seen = { startedMs: [] as number[], running: 0, mostAtOnce: 0, closed: 0 }
  const results: ProbeResult[] = []
  const probe: Probe = {
    look: async (signal) => {
      const duration = tookMs[Math.min(seen.startedMs.length, tookMs.length - 1)] ?? 0
      seen.startedMs.push(clock.now())
      seen.running += 1
      seen.mostAtOnce = Math.max(seen.mostAtOnce, seen.running)
      const found = await new Promise<Finding>((resolve) => {
        if (signal.aborted) return resolve(whenAborted)
        if (duration === 0) return resolve(finding)
        const cancel = duration === NEVER ? () => {} : clock.after(duration, () => resolve(finding))
        signal.addEventListener('abort', () => {
          cancel()
          resolve(whenAborted)
        })
      })
      seen.running -= 1
      return found
    },
    close: () => {
      seen.closed += 1
    },
  }
  const loop = new ProbeLoop({
    probe,
    clock,
    timeoutMs,
    wakeIntervalMs: 200,
    onResult: (result) => {
      results.push(result)
      return pauseMs
    },
  })
  return { clock, loop, seen, results }
}

describe('the loop', () => {
  it('looks at once, and then after each pause that it is told', async () => {
    const { clock, loop, seen, results } = begin({ tookMs: [50] })
    loop.start()
    await clock.advance(3500)
    expect(seen.startedMs).toEqual([0, 1050, 2100, 3150])
    expect(results[0]).toEqual({ ok: true, tls: false, health: null, tookMs: 50 })
  })

  it('makes no look before it is started, and none by being woken before', async () => {
    const { clock, loop, seen } = begin()
    loop.wake()
    await clock.advance(5000)
    expect(seen.startedMs).toEqual([])
  })

  it('goes on after looks that fail', async () => {
    const { clock, loop, results } = begin({ finding: BROKEN, pauseMs: 200 })
    loop.start()
    await clock.advance(1000)
    expect(results).toHaveLength(6)
    expect(results.every((result) => !result.ok && result.kind === 'failed')).toBe(true)
  })

  it('looks without a pause when it is told so, still one look at a time', async () => {
    const { clock, loop, seen } = begin({ tookMs: [10], pauseMs: 0 })
    loop.start()
    await clock.advance(100)
    expect(seen.startedMs).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100])
    expect(seen.mostAtOnce).toBe(1)
  })
})

describe('the deadline', () => {
  it.each([
    [1000, 'no answer in 1 s'],
    [2500, 'no answer in 2.5 s'],
    [300, 'no answer in 0.3 s'],
  ])('of %i ms: %s', async (timeoutMs, reason) => {
    const { clock, loop, results } = begin({ tookMs: [NEVER], timeoutMs })
    loop.start()
    await clock.advance(timeoutMs - 1)
    expect(results).toEqual([])
    await clock.advance(1)
    expect(results).toEqual([{ ok: false, kind: 'timeout', reason, tookMs: timeoutMs }])
  })

  it.each([
    ['a failure', BROKEN],
    ['a success', GOOD],
  ])(
    'is what counts, even if the look that is called off says at once that it is %s',
    async (_what, whenAborted) => {
      const { clock, loop, results } = begin({ tookMs: [NEVER], whenAborted })
      loop.start()
      await clock.advance(1000)
      expect(results).toMatchObject([{ ok: false, kind: 'timeout' }])
    },
  )

  it('is anew for each look, and the pause comes after it', async () => {
    const { clock, loop, seen, results } = begin({ tookMs: [NEVER, 999, NEVER, 0], pauseMs: 200 })
    loop.start()
    await clock.advance(3600)
    expect(seen.startedMs.slice(0, 4)).toEqual([0, 1200, 2399, 3599])
    expect(results.slice(0, 4).map(({ ok }) => ok)).toEqual([false, true, false, true])
  })

  it('leaves no timer behind when the answer is there', async () => {
    const { clock, loop } = begin()
    loop.start()
    await clock.advance(0)
    expect(clock.pending).toBe(1)
  })
})

describe('being woken', () => {
  it('looks at once, not when the pause is over', async () => {
    const { clock, loop, seen } = begin()
    loop.start()
    await clock.advance(500)
    loop.wake()
    await clock.advance(0)
    expect(seen.startedMs).toEqual([0, 500])
  })

  it('takes the place of the look that was due: the next pause begins with it', async () => {
    const { clock, loop, seen } = begin()
    loop.start()
    await clock.advance(500)
    loop.wake()
    await clock.advance(2000)
    expect(seen.startedMs).toEqual([0, 500, 1500, 2500])
  })

  it('just after a look looks at once all the same: a puppet may die at any time', async () => {
    const { clock, loop, seen } = begin()
    loop.start()
    await clock.advance(5)
    loop.wake()
    await clock.advance(0)
    expect(seen.startedMs).toEqual([0, 5])
  })

  it('just after being woken waits for what is left of the fast interval', async () => {
    const { clock, loop, seen } = begin()
    loop.start()
    await clock.advance(50)
    loop.wake()
    await clock.advance(100)
    loop.wake()
    await clock.advance(99)
    expect(seen.startedMs).toEqual([0, 50])
    await clock.advance(1)
    expect(seen.startedMs).toEqual([0, 50, 250])
  })

  it('never puts a look off that is due sooner', async () => {
    const { clock, loop, seen } = begin({ pauseMs: 100 })
    loop.start()
    await clock.advance(50)
    loop.wake()
    await clock.advance(50)
    loop.wake()
    await clock.advance(50)
    expect(seen.startedMs).toEqual([0, 50, 150])
  })

  it('again and again does not put the look off either', async () => {
    const { clock, loop, seen } = begin()
    loop.start()
    for (let turn = 0; turn < 20; turn += 1) {
      await clock.advance(10)
      loop.wake()
    }
    await clock.advance(10)
    expect(seen.startedMs).toEqual([0, 10, 210])
  })

  it('during a look does not begin another', async () => {
    const { clock, loop, seen } = begin({ tookMs: [400] })
    loop.start()
    await clock.advance(200)
    loop.wake()
    await clock.advance(100)
    expect(seen.startedMs).toEqual([0])
    expect(seen.mostAtOnce).toBe(1)
  })

  it('by a puppet that closes every session is no hot loop', async () => {
    const { clock, loop, seen } = begin()
    loop.start()
    for (let passedMs = 0; passedMs < 10_000; passedMs += 5) {
      await clock.advance(5)
      loop.wake()
    }
    expect(seen.startedMs.length).toBeLessThanOrEqual(51)
    expect(seen.startedMs.length).toBeGreaterThanOrEqual(50)
  }, 20_000)
})

describe('the end', () => {
  it('in a pause leaves nothing: no timer, no look, and the probe is closed', async () => {
    const { clock, loop, seen } = begin()
    loop.start()
    await clock.advance(500)
    loop.stop()
    expect(clock.pending).toBe(0)
    expect(seen.closed).toBe(1)
    await clock.advance(10_000)
    expect(seen.startedMs).toEqual([0])
  })

  it('in a look abandons it: nothing is told, nothing is left', async () => {
    const { clock, loop, seen, results } = begin({ tookMs: [500] })
    loop.start()
    await clock.advance(100)
    loop.stop()
    await clock.advance(0)
    expect(clock.pending).toBe(0)
    expect(seen.running).toBe(0)
    await clock.advance(10_000)
    expect(results).toEqual([])
    expect(seen.startedMs).toEqual([0])
  })

  it('before the beginning leaves nothing', async () => {
    const { clock, loop, seen } = begin()
    loop.stop()
    await clock.advance(10_000)
    expect([clock.pending, seen.startedMs.length]).toEqual([0, 0])
  })

  it('is the end: a session that closes because of it wakes nobody', async () => {
    const { clock, loop, seen } = begin()
    loop.start()
    await clock.advance(500)
    loop.stop()
    loop.wake()
    expect(clock.pending).toBe(0)
    await clock.advance(10_000)
    expect(seen.startedMs).toEqual([0])
  })
})

it('whatever takes how long, and whoever wakes it when: one look at a time, none after the end, nothing left over', async () => {
  const durations = fc.array(fc.constantFrom(0, 1, 150, 999, 1000, 1001, NEVER), {
    minLength: 1,
    maxLength: 6,
  })
  const steps = fc.array(fc.record({ passMs: fc.nat({ max: 700 }), wake: fc.boolean() }), { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(durations, steps, fc.constantFrom(0, 100, 1000), async (tookMs, sequence, pauseMs) => {
      const { clock, loop, seen, results } = begin({ tookMs: [...tookMs, 150], pauseMs })
      loop.start()
      for (const { passMs, wake } of sequence) {
        // A pause of nothing around looks that take nothing would go on within one moment for ever.
        if (pauseMs === 0 && tookMs.includes(0)) break
        await clock.advance(passMs)
        if (wake) loop.wake()
      }
      loop.stop()
      const looks = seen.startedMs.length
      await clock.advance(0)
      expect(clock.pending).toBe(0)
      await clock.advance(5000)
      expect(seen.startedMs).toHaveLength(looks)
      expect(seen.mostAtOnce).toBe(1)
      expect(results.every(({ tookMs: each }) => each <= 1000)).toBe(true)
    }),
    { numRuns: 60 },
  )
}, 30_000)
