import { describe, expect, it } from 'vitest'
import type { TimedProbeResult } from '../../../../src/sidecar/events.ts'
import type { ProbeResult } from '../../../../src/sidecar/probe/probe.ts'
import { Prober } from '../../../../src/sidecar/probe/prober.ts'
import { QuickClock } from '../../../support/quick-clock.ts'
import { BROKEN, begin, GOOD, type Look, NEVER } from './scripted-probe.ts'

describe('the second look', () => {
  const REFUSED: ProbeResult = { ok: false, kind: 'refused', reason: 'nothing listens' }
  const OTHER: ProbeResult = { ok: true, tls: true, health: 'SERVING' }
  const look = (tookMs: number, result: ProbeResult): Look => ({ tookMs, result })

  it.each([
    [2000, 500],
    [1000, 250],
    [400, 100],
  ])(
    'of a probe with %i ms comes after %i ms without an answer, over a new connection',
    async (timeoutMs, lateMs) => {
      const { clock, loop, seen } = begin({ tookMs: [NEVER], timeoutMs })
      loop.start()
      await clock.advance(lateMs - 1)
      expect(seen.secondMs).toEqual([])
      await clock.advance(1)
      expect(seen).toMatchObject({ startedMs: [0], secondMs: [lateMs] })
      // There is no third.
      await clock.advance(timeoutMs - lateMs - 1)
      expect(seen).toMatchObject({ startedMs: [0], secondMs: [lateMs], running: 2 })
    },
  )

  it('does not come where the answer is there in time', async () => {
    const { clock, loop, seen } = begin({ tookMs: [499] })
    loop.start()
    await clock.advance(60_000)
    expect(seen.startedMs.length).toBeGreaterThan(30)
    expect(seen.secondMs).toEqual([])
  })

  // first look, second look (which begins at 500 ms): what is found, and when
  it.each<[string, Look, Look, ProbeResult | 'timeout', number]>([
    ['a good answer of the second counts', look(NEVER, GOOD), look(20, OTHER), OTHER, 520],
    ['a good answer of the first counts, late as it is', look(900, GOOD), look(NEVER, OTHER), GOOD, 900],
    ['the first good answer counts', look(900, GOOD), look(300, OTHER), OTHER, 800],
    ['that the second is refused counts at once', look(NEVER, GOOD), look(1, REFUSED), REFUSED, 501],
    ['that the first is refused counts at once', look(600, REFUSED), look(NEVER, GOOD), REFUSED, 600],
    [
      'a failedProbe answer of the second waits for the first',
      look(1500, GOOD),
      look(20, BROKEN),
      GOOD,
      1500,
    ],
    [
      'a failedProbe answer of the first waits for the second',
      look(600, BROKEN),
      look(400, OTHER),
      OTHER,
      900,
    ],
    ['two failedProbe answers: the later one counts', look(600, BROKEN), look(400, BROKEN), BROKEN, 900],
    [
      'a late failedProbe answer, and silence for half a second: bad',
      look(600, BROKEN),
      look(NEVER, GOOD),
      BROKEN,
      1100,
    ],
    [
      'a failedProbe answer right before the deadline: bad',
      look(1990, BROKEN),
      look(NEVER, GOOD),
      BROKEN,
      2000,
    ],
    [
      'silence, and a failedProbe answer of the second: silence',
      look(NEVER, GOOD),
      look(20, BROKEN),
      'timeout',
      2000,
    ],
    ['silence on both: silence', look(NEVER, GOOD), look(NEVER, GOOD), 'timeout', 2000],
    [
      'a good answer after the deadline counts for nothing',
      look(2001, GOOD),
      look(1600, OTHER),
      'timeout',
      2000,
    ],
  ])('%s', async (_rule, first, second, wanted, tookMs) => {
    const { clock, loop, seen, results } = begin({
      tookMs: [first.tookMs],
      result: first.result,
      second,
      pauseMs: 60_000,
    })
    loop.start()
    await clock.advance(2000)
    const silence = { ok: false, kind: 'timeout', reason: 'no answer in 2 s' } as const
    expect(results).toEqual([{ ...(wanted === 'timeout' ? silence : wanted), tookMs }])
    // What was not waited for has been called off.
    expect(seen.running).toBe(0)
    expect(clock.pending).toBe(1)
  })

  it('a failedProbe answer before it counts at once: there is no other to wait for', async () => {
    const { clock, loop, seen, results } = begin({ tookMs: [499], result: BROKEN })
    loop.start()
    await clock.advance(499)
    expect(results).toEqual([{ ...BROKEN, tookMs: 499 }])
    expect(seen.secondMs).toEqual([])
  })

  it('whoever loses is called off, and what it says then is not heard', async () => {
    const { clock, loop, seen, results } = begin({
      tookMs: [NEVER],
      second: look(20, GOOD),
      whenAborted: REFUSED,
    })
    loop.start()
    await clock.advance(1500)
    expect(results).toEqual([{ ...GOOD, tookMs: 520 }])
    expect(seen.calledOff).toBeGreaterThanOrEqual(1)
    expect(seen.running).toBe(0)
  })

  it('is abandoned with the first one at the end', async () => {
    const { clock, loop, seen, results } = begin({ tookMs: [NEVER] })
    loop.start()
    await clock.advance(600)
    expect(seen.running).toBe(2)
    loop.stop()
    await clock.advance(10_000)
    expect([seen.running, clock.pending, results.length]).toEqual([0, 0, 0])
  })
})

describe('a process that was stopped while it waited for an answer', () => {
  /** Stopped for so long; then timers run first, and then what has arrived is read. */
  async function stopped(forMs: number, isAnswered: boolean) {
    const answer: { arrive: () => void } = { arrive: () => {} }
    const clock = new QuickClock()
    const results: TimedProbeResult[] = []
    const loop = new Prober({
      probe: {
        holdsConnection: true,
        look: (_signal, anew = false) =>
          new Promise((resolve) => {
            if (!anew) answer.arrive = () => resolve(GOOD)
          }),
        close: () => {},
      },
      clock,
      timeoutMs: 2000,
      wakeIntervalMs: 200,
      onResult: (result) => {
        results.push(result)
        return 1000
      },
    })
    loop.start()
    clock.stall(forMs)
    clock.turn()
    if (isAnswered) answer.arrive()
    await clock.advance(0)
    loop.stop()
    return results
  }

  it.each([501, 1999, 2000, 2001, 5000, 86_400_000])(
    'for %i ms reads the answer first that has come meanwhile: late timers judge nobody',
    async (forMs) => {
      expect(await stopped(forMs, true)).toEqual([{ ...GOOD, tookMs: forMs }])
    },
  )

  it('and has no answer then: that is silence', async () => {
    expect(await stopped(5000, false)).toMatchObject([{ ok: false, kind: 'timeout' }])
  })
})
