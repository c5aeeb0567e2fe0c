import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ProbeResult } from '../../../../src/sidecar/events.ts'
import { failedProbe } from '../../../../src/sidecar/probe/probe.ts'
import { BROKEN, begin, GOOD, NEVER } from './scripted-probe.ts'

describe('the prober', () => {
  it('probes at once, and then after each pause that it is told', async () => {
    const { clock, prober, seen, results } = begin({ tookMs: [50] })
    prober.start()
    await clock.advance(3500)
    expect(seen.startedMs).toEqual([0, 1050, 2100, 3150])
    expect(results[0]).toEqual({ ok: true, tls: false, health: null, tookMs: 50 })
  })

  it('does not probe before it is started, though it is woken', async () => {
    const { clock, prober, seen } = begin()
    prober.wake()
    await clock.advance(5000)
    expect(seen.startedMs).toEqual([])
  })

  it('goes on after probes that fail', async () => {
    const { clock, prober, results } = begin({ result: BROKEN, pauseMs: 200 })
    prober.start()
    await clock.advance(1000)
    expect(results).toHaveLength(6)
    expect(results.every((result) => !result.ok && result.kind === 'failed')).toBe(true)
  })

  it('probes without a pause when it is told so, still one probe at a time', async () => {
    const { clock, prober, seen } = begin({ tookMs: [10], pauseMs: 0 })
    prober.start()
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
  ])('of %i ms gives the reason "%s"', async (timeoutMs, reason) => {
    const { clock, prober, results } = begin({ tookMs: [NEVER], timeoutMs })
    prober.start()
    await clock.advance(timeoutMs - 1)
    expect(results).toEqual([])
    await clock.advance(1)
    expect(results).toEqual([
      { ok: false, kind: 'timeout', code: 'PUPPET_SILENT', reason, tookMs: timeoutMs },
    ])
  })

  it.each([
    ['a failure', BROKEN],
    ['a success', GOOD],
  ])('counts, even if the probe that is called off returns %s at once', async (_what, whenAborted) => {
    const { clock, prober, results } = begin({ tookMs: [NEVER], whenAborted })
    prober.start()
    await clock.advance(2000)
    expect(results).toMatchObject([{ ok: false, kind: 'timeout' }])
  })

  it('begins with each probe, and the pause comes after it', async () => {
    const { clock, prober, seen, results } = begin({ tookMs: [NEVER, 1999, NEVER, 0], pauseMs: 200 })
    prober.start()
    await clock.advance(6600)
    expect(seen.startedMs.slice(0, 4)).toEqual([0, 2200, 4399, 6599])
    expect(results.slice(0, 4).map(({ ok }) => ok)).toEqual([false, true, false, true])
  })

  it('leaves no timer behind when the answer is there', async () => {
    const { clock, prober } = begin()
    prober.start()
    await clock.advance(0)
    expect(clock.pending).toBe(1)
  })
})

describe('being woken', () => {
  it('probes at once, not when the pause is over', async () => {
    const { clock, prober, seen } = begin()
    prober.start()
    await clock.advance(500)
    prober.wake()
    await clock.advance(0)
    expect(seen.startedMs).toEqual([0, 500])
  })

  it('replaces the probe that was due: the next pause begins with it', async () => {
    const { clock, prober, seen } = begin()
    prober.start()
    await clock.advance(500)
    prober.wake()
    await clock.advance(2000)
    expect(seen.startedMs).toEqual([0, 500, 1500, 2500])
  })

  it('just after a probe probes at once all the same: a puppet may die at any time', async () => {
    const { clock, prober, seen } = begin()
    prober.start()
    await clock.advance(5)
    prober.wake()
    await clock.advance(0)
    expect(seen.startedMs).toEqual([0, 5])
  })

  it('just after being woken waits for what is left of the fast interval', async () => {
    const { clock, prober, seen } = begin()
    prober.start()
    await clock.advance(50)
    prober.wake()
    await clock.advance(100)
    prober.wake()
    await clock.advance(99)
    expect(seen.startedMs).toEqual([0, 50])
    await clock.advance(1)
    expect(seen.startedMs).toEqual([0, 50, 250])
  })

  it('never delays a probe that is due sooner', async () => {
    const { clock, prober, seen } = begin({ pauseMs: 100 })
    prober.start()
    await clock.advance(50)
    prober.wake()
    await clock.advance(50)
    prober.wake()
    await clock.advance(50)
    expect(seen.startedMs).toEqual([0, 50, 150])
  })

  it('again and again does not delay a probe either', async () => {
    const { clock, prober, seen } = begin()
    prober.start()
    for (let turn = 0; turn < 20; turn += 1) {
      await clock.advance(10)
      prober.wake()
    }
    await clock.advance(10)
    expect(seen.startedMs).toEqual([0, 10, 210])
  })

  it('during a probe does not begin another', async () => {
    const { clock, prober, seen } = begin({ tookMs: [400] })
    prober.start()
    await clock.advance(200)
    prober.wake()
    await clock.advance(100)
    expect(seen.startedMs).toEqual([0])
    expect(seen.mostAtOnce).toBe(1)
  })

  it('by a puppet that closes every session does not become a hot loop', async () => {
    const { clock, prober, seen } = begin()
    prober.start()
    for (let passedMs = 0; passedMs < 10_000; passedMs += 5) {
      await clock.advance(5)
      prober.wake()
    }
    expect(seen.startedMs.length).toBeLessThanOrEqual(51)
    expect(seen.startedMs.length).toBeGreaterThanOrEqual(50)
  }, 20_000)
})

describe('the end', () => {
  it('in a pause leaves no timer and no probe, and closes the probe', async () => {
    const { clock, prober, seen } = begin()
    prober.start()
    await clock.advance(500)
    prober.stop()
    expect(clock.pending).toBe(0)
    expect(seen.closed).toBe(1)
    await clock.advance(10_000)
    expect(seen.startedMs).toEqual([0])
  })

  it('during a probe abandons it: there is no result, and nothing is left', async () => {
    const { clock, prober, seen, results } = begin({ tookMs: [500] })
    prober.start()
    await clock.advance(100)
    prober.stop()
    await clock.advance(0)
    expect(clock.pending).toBe(0)
    expect(seen.running).toBe(0)
    await clock.advance(10_000)
    expect(results).toEqual([])
    expect(seen.startedMs).toEqual([0])
  })

  it('before the beginning leaves nothing', async () => {
    const { clock, prober, seen } = begin()
    prober.stop()
    await clock.advance(10_000)
    expect([clock.pending, seen.startedMs.length]).toEqual([0, 0])
  })

  it('is the end: a session that closes because of it wakes nobody', async () => {
    const { clock, prober, seen } = begin()
    prober.start()
    await clock.advance(500)
    prober.stop()
    prober.wake()
    expect(clock.pending).toBe(0)
    await clock.advance(10_000)
    expect(seen.startedMs).toEqual([0])
  })
})

it('runs one probe at a time, over two connections at most, and none after the end, whatever the answers take and whoever wakes it', async () => {
  const durations = fc.array(fc.constantFrom(0, 1, 150, 499, 500, 501, 1999, 2000, 2001, NEVER), {
    minLength: 1,
    maxLength: 6,
  })
  const seconds = fc.record({
    tookMs: fc.constantFrom(0, 1, 1499, 1500, 1501, NEVER),
    result: fc.constantFrom<ProbeResult>(GOOD, BROKEN, failedProbe('PUPPET_REFUSED', 'nothing listens')),
  })
  const steps = fc.array(fc.record({ passMs: fc.nat({ max: 1400 }), wake: fc.boolean() }), { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(
      durations,
      seconds,
      steps,
      fc.constantFrom(0, 100, 1000),
      async (tookMs, second, sequence, pauseMs) => {
        const { clock, prober, seen, results } = begin({ tookMs: [...tookMs, 150], second, pauseMs })
        prober.start()
        for (const { passMs, wake } of sequence) {
          // Without pauses, probes that take no time would go on within one moment for ever.
          if (pauseMs === 0 && tookMs.includes(0)) break
          await clock.advance(passMs)
          if (wake) prober.wake()
        }
        prober.stop()
        const probes = seen.startedMs.length + seen.secondMs.length
        await clock.advance(0)
        expect(clock.pending).toBe(0)
        await clock.advance(5000)
        expect(seen.startedMs.length + seen.secondMs.length).toBe(probes)
        expect(seen.mostAtOnce).toBeLessThanOrEqual(2)
        // Each probe over a second connection begins a quarter of the deadline after the one before it.
        for (const atMs of seen.secondMs) expect(seen.startedMs).toContain(atMs - 500)
        expect(new Set(seen.secondMs).size).toBe(seen.secondMs.length)
        expect(results.every(({ tookMs: each }) => each <= 2000)).toBe(true)
      },
    ),
    { numRuns: 60 },
  )
}, 30_000)
