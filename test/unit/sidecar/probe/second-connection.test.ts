import { describe, expect, it } from 'vitest'
import type { ProbeResult, TimedProbeResult } from '../../../../src/sidecar/events.ts'
import { failedProbe } from '../../../../src/sidecar/probe/probe.ts'
import { Prober } from '../../../../src/sidecar/probe/prober.ts'
import { gatherFailures } from '../../../support/failures.ts'
import { QuickClock } from '../../../support/quick-clock.ts'
import { BROKEN, begin, GOOD, NEVER, type Planned } from './scripted-probe.ts'

const failures = gatherFailures()

describe('the probe over a second connection', () => {
  const REFUSED: ProbeResult = failedProbe('PUPPET_REFUSED', 'nothing listens')
  const OTHER: ProbeResult = { ok: true, tls: true, health: 'SERVING' }
  const answer = (tookMs: number, result: ProbeResult): Planned => ({ tookMs, result })

  it.each([
    [2000, 500],
    [1000, 250],
    [400, 100],
  ])('with a deadline of %i ms begins after %i ms without an answer', async (timeoutMs, lateMs) => {
    const { clock, prober, seen } = begin({ tookMs: [NEVER], timeoutMs })
    prober.start()
    await clock.advance(lateMs - 1)
    expect(seen.secondMs).toEqual([])
    await clock.advance(1)
    expect(seen).toMatchObject({ startedMs: [0], secondMs: [lateMs] })
    // There is no third one.
    await clock.advance(timeoutMs - lateMs - 1)
    expect(seen).toMatchObject({ startedMs: [0], secondMs: [lateMs], running: 2 })
  })

  it.each([
    ['the held connection', [0], 0],
    ['the new one', [NEVER], 500],
  ])('that fails itself over %s is a bad one, and probing goes on', async (_which, tookMs, failsAfterMs) => {
    const reported = failures.length
    const { clock, prober, results } = begin({ tookMs, throwsAfterMs: failsAfterMs })
    prober.start()
    await clock.advance(600)
    expect(results).toMatchObject([{ ok: false, kind: 'failed', tookMs: failsAfterMs }])
    expect(failures).toHaveLength(reported + 1)
    await clock.advance(2000)
    expect(results.length).toBeGreaterThan(1)
  })

  it('does not begin where the answer is there in time', async () => {
    const { clock, prober, seen } = begin({ tookMs: [499] })
    prober.start()
    await clock.advance(60_000)
    expect(seen.startedMs.length).toBeGreaterThan(30)
    expect(seen.secondMs).toEqual([])
  })

  // over the held connection, over the second one (from 500 ms on): the result, and when
  it.each<[string, Planned, Planned, ProbeResult | 'timeout', number]>([
    ['lets a good answer of the second connection count', answer(NEVER, GOOD), answer(20, OTHER), OTHER, 520],
    [
      'lets a good answer of the first connection count, late as it is',
      answer(900, GOOD),
      answer(NEVER, OTHER),
      GOOD,
      900,
    ],
    ['lets the first good answer count', answer(900, GOOD), answer(300, OTHER), OTHER, 800],
    ['counts at once where it is refused', answer(NEVER, GOOD), answer(1, REFUSED), REFUSED, 501],
    [
      'does not delay that the first connection is refused',
      answer(600, REFUSED),
      answer(NEVER, GOOD),
      REFUSED,
      600,
    ],
    [
      'waits for the first connection where its own answer is bad',
      answer(1500, GOOD),
      answer(20, BROKEN),
      GOOD,
      1500,
    ],
    [
      'is waited for where the answer of the first connection is bad',
      answer(600, BROKEN),
      answer(400, OTHER),
      OTHER,
      900,
    ],
    ['lets the later of two bad answers count', answer(600, BROKEN), answer(400, BROKEN), BROKEN, 900],
    [
      'is waited for half a second where the answer of the first connection is late and bad',
      answer(600, BROKEN),
      answer(NEVER, GOOD),
      BROKEN,
      1100,
    ],
    ['is not waited for beyond the deadline', answer(1990, BROKEN), answer(NEVER, GOOD), BROKEN, 2000],
    [
      'does not turn the silence of the first connection into a bad answer',
      answer(NEVER, GOOD),
      answer(20, BROKEN),
      'timeout',
      2000,
    ],
    ['gives silence where both are silent', answer(NEVER, GOOD), answer(NEVER, GOOD), 'timeout', 2000],
    ['lets no answer after the deadline count', answer(2001, GOOD), answer(1600, OTHER), 'timeout', 2000],
  ])('%s', async (_rule, first, second, wanted, tookMs) => {
    const { clock, prober, seen, results } = begin({
      tookMs: [first.tookMs],
      result: first.result,
      second,
      pauseMs: 60_000,
    })
    prober.start()
    await clock.advance(2000)
    const silence = failedProbe('PUPPET_SILENT', 'no answer in 2 s')
    expect(results).toEqual([{ ...(wanted === 'timeout' ? silence : wanted), tookMs }])
    // What was not waited for has been called off.
    expect(seen.running).toBe(0)
    expect(clock.pending).toBe(1)
  })

  it('does not begin where a bad answer is there in time, which counts at once', async () => {
    const { clock, prober, seen, results } = begin({ tookMs: [499], result: BROKEN })
    prober.start()
    await clock.advance(499)
    expect(results).toEqual([{ ...BROKEN, tookMs: 499 }])
    expect(seen.secondMs).toEqual([])
  })

  it('calls off the probe whose answer does not count, and drops what that returns then', async () => {
    const { clock, prober, seen, results } = begin({
      tookMs: [NEVER],
      second: answer(20, GOOD),
      whenAborted: REFUSED,
    })
    prober.start()
    await clock.advance(1500)
    expect(results).toEqual([{ ...GOOD, tookMs: 520 }])
    expect(seen.calledOff).toBeGreaterThanOrEqual(1)
    expect(seen.running).toBe(0)
  })

  it('is abandoned with the first one when the prober stops', async () => {
    const { clock, prober, seen, results } = begin({ tookMs: [NEVER] })
    prober.start()
    await clock.advance(600)
    expect(seen.running).toBe(2)
    prober.stop()
    await clock.advance(10_000)
    expect([seen.running, clock.pending, results.length]).toEqual([0, 0, 0])
  })
})

describe('a process that was suspended while it waited for an answer', () => {
  /** Suspended for so long; then timers run first, and then what has arrived is read. */
  async function suspended(forMs: number, isAnswered: boolean) {
    const arrival: { arrive: () => void } = { arrive: () => {} }
    const clock = new QuickClock()
    const results: TimedProbeResult[] = []
    const prober = new Prober({
      probe: {
        holdsConnection: true,
        probe: (_signal, overNewConnection = false) =>
          new Promise((resolve) => {
            if (!overNewConnection) arrival.arrive = () => resolve(GOOD)
          }),
        acceptsToken: async () => null,
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
    prober.start()
    clock.stall(forMs)
    clock.turn()
    if (isAnswered) arrival.arrive()
    await clock.advance(0)
    prober.stop()
    return results
  }

  it.each([501, 1999, 2000, 2001, 5000, 86_400_000])(
    'for %i ms reads the answer that has come meanwhile before its late timers decide',
    async (forMs) => {
      expect(await suspended(forMs, true)).toEqual([{ ...GOOD, tookMs: forMs }])
    },
  )

  it('takes it for silence if no answer has come', async () => {
    expect(await suspended(5000, false)).toMatchObject([{ ok: false, kind: 'timeout' }])
  })
})
