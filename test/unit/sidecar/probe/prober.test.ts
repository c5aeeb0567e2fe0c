import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ProbeResult } from '../../../../src/sidecar/probe/probe.ts'
import { BROKEN, begin, GOOD, NEVER } from './scripted-probe.ts'

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
    const { clock, loop, results } = begin({ result: BROKEN, pauseMs: 200 })
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
      await clock.advance(2000)
      expect(results).toMatchObject([{ ok: false, kind: 'timeout' }])
    },
  )

  it('is anew for each look, and the pause comes after it', async () => {
    const { clock, loop, seen, results } = begin({ tookMs: [NEVER, 1999, NEVER, 0], pauseMs: 200 })
    loop.start()
    await clock.advance(6600)
    expect(seen.startedMs.slice(0, 4)).toEqual([0, 2200, 4399, 6599])
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

it('whatever takes how long, and whoever wakes it when: one probe at a time of two looks at most, none after the end, nothing left over', async () => {
  const durations = fc.array(fc.constantFrom(0, 1, 150, 499, 500, 501, 1999, 2000, 2001, NEVER), {
    minLength: 1,
    maxLength: 6,
  })
  const seconds = fc.record({
    tookMs: fc.constantFrom(0, 1, 1499, 1500, 1501, NEVER),
    result: fc.constantFrom<ProbeResult>(GOOD, BROKEN, {
      ok: false,
      kind: 'refused',
      reason: 'nothing listens',
    }),
  })
  const steps = fc.array(fc.record({ passMs: fc.nat({ max: 1400 }), wake: fc.boolean() }), { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(
      durations,
      seconds,
      steps,
      fc.constantFrom(0, 100, 1000),
      async (tookMs, second, sequence, pauseMs) => {
        const { clock, loop, seen, results } = begin({ tookMs: [...tookMs, 150], second, pauseMs })
        loop.start()
        for (const { passMs, wake } of sequence) {
          // A pause of nothing around looks that take nothing would go on within one moment for ever.
          if (pauseMs === 0 && tookMs.includes(0)) break
          await clock.advance(passMs)
          if (wake) loop.wake()
        }
        loop.stop()
        const looks = seen.startedMs.length + seen.secondMs.length
        await clock.advance(0)
        expect(clock.pending).toBe(0)
        await clock.advance(5000)
        expect(seen.startedMs.length + seen.secondMs.length).toBe(looks)
        expect(seen.mostAtOnce).toBeLessThanOrEqual(2)
        // Each second look belongs to the probe before it, and comes a quarter of the deadline after its beginning.
        for (const atMs of seen.secondMs) expect(seen.startedMs).toContain(atMs - 500)
        expect(new Set(seen.secondMs).size).toBe(seen.secondMs.length)
        expect(results.every(({ tookMs: each }) => each <= 2000)).toBe(true)
      },
    ),
    { numRuns: 60 },
  )
}, 30_000)
