import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Clock } from '../../../src/clock.ts'
import type { ProbeResult } from '../../../src/events.ts'
import { ProbeLoop } from '../../../src/probe/loop.ts'
import type { Finding, Probe } from '../../../src/probe/probe.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { QuickClock } from '../../support/quick-clock.ts'

const GOOD: Finding = { ok: true, tls: false, health: null }
const BROKEN: Finding = { ok: false, kind: 'failed', reason: 'broken' }
const NEVER = Number.POSITIVE_INFINITY

/** How one look goes. */
interface Look {
  /** How long it takes, in milliseconds. */
  readonly tookMs: number
  readonly finding: Finding
}

interface Options {
  /** How long each probe's first look takes, in milliseconds; the last one goes on. */
  readonly tookMs?: readonly number[]
  readonly finding?: Finding
  /** How the second look of a probe goes, over a new connection; default: never an answer. */
  readonly second?: Look
  /** What a look that is called off finds, at once. */
  readonly whenAborted?: Finding
  readonly pauseMs?: number
  readonly timeoutMs?: number
}

/** A loop around a probe that takes its time, as a probe promises: it gives up when its signal aborts. */
function begin<C extends Clock = FakeClock>(
  {
    tookMs = [0],
    finding = GOOD,
    second = { tookMs: NEVER, finding: GOOD },
    whenAborted = BROKEN,
    pauseMs = 1000,
    timeoutMs = 2000,
  }: Options = {},
  clock: C = new FakeClock() as Clock as C,
) {
  const seen = {
    startedMs: [] as number[],
    /** When somebody looked over a new connection. */
    secondMs: [] as number[],
    running: 0,
    mostAtOnce: 0,
    calledOff: 0,
    closed: 0,
  }
  const results: ProbeResult[] = []
  const probe: Probe = {
    look: async (signal, anew = false) => {
      const duration = tookMs[Math.min(seen.startedMs.length, tookMs.length - 1)] ?? 0
      const planned: Look = anew ? second : { tookMs: duration, finding }
      const times = anew ? seen.secondMs : seen.startedMs
      times.push(clock.now())
      seen.running += 1
      seen.mostAtOnce = Math.max(seen.mostAtOnce, seen.running)
      const found = await new Promise<Finding>((resolve) => {
        if (signal.aborted) return resolve(whenAborted)
        if (planned.tookMs === 0) return resolve(planned.finding)
        const cancel =
          planned.tookMs === NEVER ? () => {} : clock.after(planned.tookMs, () => resolve(planned.finding))
        signal.addEventListener('abort', () => {
          cancel()
          if (seen.running > 0) seen.calledOff += 1
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

describe('the second look', () => {
  const REFUSED: Finding = { ok: false, kind: 'refused', reason: 'nothing listens' }
  const OTHER: Finding = { ok: true, tls: true, health: 'SERVING' }
  const look = (tookMs: number, finding: Finding): Look => ({ tookMs, finding })

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
  it.each<[string, Look, Look, Finding | 'timeout', number]>([
    ['a good answer of the second counts', look(NEVER, GOOD), look(20, OTHER), OTHER, 520],
    ['a good answer of the first counts, late as it is', look(900, GOOD), look(NEVER, OTHER), GOOD, 900],
    ['the first good answer counts', look(900, GOOD), look(300, OTHER), OTHER, 800],
    ['that the second is refused counts at once', look(NEVER, GOOD), look(1, REFUSED), REFUSED, 501],
    ['that the first is refused counts at once', look(600, REFUSED), look(NEVER, GOOD), REFUSED, 600],
    ['a bad answer of the second waits for the first', look(1500, GOOD), look(20, BROKEN), GOOD, 1500],
    ['a bad answer of the first waits for the second', look(600, BROKEN), look(700, OTHER), OTHER, 1200],
    ['two bad answers: the later one counts', look(600, BROKEN), look(700, BROKEN), BROKEN, 1200],
    ['a bad answer and silence: silence', look(NEVER, GOOD), look(20, BROKEN), 'timeout', 2000],
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
      finding: first.finding,
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

  it('a bad answer before it counts at once: there is no other to wait for', async () => {
    const { clock, loop, seen, results } = begin({ tookMs: [499], finding: BROKEN })
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
    const results: ProbeResult[] = []
    const loop = new ProbeLoop({
      probe: {
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
    finding: fc.constantFrom<Finding>(GOOD, BROKEN, {
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
