import type { Clock } from '../../../../src/lib/clock.ts'
import type { TimedProbeResult } from '../../../../src/sidecar/events.ts'
import type { Probe, ProbeResult } from '../../../../src/sidecar/probe/probe.ts'
import { Prober } from '../../../../src/sidecar/probe/prober.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

export const GOOD: ProbeResult = { ok: true, tls: false, health: null }
export const BROKEN: ProbeResult = { ok: false, kind: 'failed', reason: 'broken' }
export const NEVER = Number.POSITIVE_INFINITY

/** How one look goes. */
export interface Look {
  /** How long it takes, in milliseconds. */
  readonly tookMs: number
  readonly result: ProbeResult
}

interface Options {
  /** How long each probe's first look takes, in milliseconds; the last one goes on. */
  readonly tookMs?: readonly number[]
  readonly result?: ProbeResult
  /** How the second look of a probe goes, over a new connection; default: never an answer. */
  readonly second?: Look
  /** What a look that is called off finds, at once. */
  readonly whenAborted?: ProbeResult
  readonly pauseMs?: number
  readonly timeoutMs?: number
}

/** A loop around a probe that takes its time, as a probe promises: it gives up when its signal aborts. */
export function begin<C extends Clock = FakeClock>(
  {
    tookMs = [0],
    result = GOOD,
    second = { tookMs: NEVER, result: GOOD },
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
  const results: TimedProbeResult[] = []
  const probe: Probe = {
    holdsConnection: true,
    look: async (signal, anew = false) => {
      const duration = tookMs[Math.min(seen.startedMs.length, tookMs.length - 1)] ?? 0
      const planned: Look = anew ? second : { tookMs: duration, result }
      const times = anew ? seen.secondMs : seen.startedMs
      times.push(clock.now())
      seen.running += 1
      seen.mostAtOnce = Math.max(seen.mostAtOnce, seen.running)
      const found = await new Promise<ProbeResult>((resolve) => {
        if (signal.aborted) return resolve(whenAborted)
        if (planned.tookMs === 0) return resolve(planned.result)
        const cancel =
          planned.tookMs === NEVER ? () => {} : clock.after(planned.tookMs, () => resolve(planned.result))
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
  const loop = new Prober({
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
