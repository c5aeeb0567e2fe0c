import type { Clock } from '../../../../src/lib/clock.ts'
import type { ProbeResult, TimedProbeResult } from '../../../../src/sidecar/events.ts'
import type { Probe } from '../../../../src/sidecar/probe/probe.ts'
import { Prober } from '../../../../src/sidecar/probe/prober.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

export const GOOD: ProbeResult = { ok: true, tls: false, health: null }
export const BROKEN: ProbeResult = {
  ok: false,
  kind: 'failed',
  code: 'PUPPET_BREAKS_CALLS',
  reason: 'broken',
}
export const NEVER = Number.POSITIVE_INFINITY

/** How the probe over one connection goes. */
export interface Planned {
  /** How long it takes, in milliseconds. */
  readonly tookMs: number
  readonly result: ProbeResult
}

interface Options {
  /** How long each probe takes over the held connection, in milliseconds; the last one is repeated. */
  readonly tookMs?: readonly number[]
  readonly result?: ProbeResult
  /** How a probe goes over a new connection; default: never an answer. */
  readonly second?: Planned
  /** The result of a probe that is called off, at once. */
  readonly whenAborted?: ProbeResult
  /** When a probe throws in place of its result; default: never. */
  readonly throwsAfterMs?: number
  readonly pauseMs?: number
  readonly timeoutMs?: number
}

/** A prober with a scripted probe, which gives up when its signal aborts, as all promise. */
export function begin<C extends Clock = FakeClock>(
  {
    tookMs = [0],
    result = GOOD,
    second = { tookMs: NEVER, result: GOOD },
    whenAborted = BROKEN,
    throwsAfterMs = NEVER,
    pauseMs = 1000,
    timeoutMs = 2000,
  }: Options = {},
  clock: C = new FakeClock() as Clock as C,
) {
  const seen = {
    startedMs: [] as number[],
    /** When a probe over a new connection began. */
    secondMs: [] as number[],
    running: 0,
    mostAtOnce: 0,
    calledOff: 0,
    closed: 0,
  }
  const results: TimedProbeResult[] = []
  const probe: Probe = {
    holdsConnection: true,
    probe: async (signal, overNewConnection = false) => {
      const duration = tookMs[Math.min(seen.startedMs.length, tookMs.length - 1)] ?? 0
      const planned: Planned = overNewConnection ? second : { tookMs: duration, result }
      const times = overNewConnection ? seen.secondMs : seen.startedMs
      times.push(clock.now())
      if (clock.now() - (seen.startedMs.at(-1) ?? 0) === throwsAfterMs) throw new Error('a bug')
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
    acceptsToken: async () => null,
    close: () => {
      seen.closed += 1
    },
  }
  const prober = new Prober({
    probe,
    clock,
    timeoutMs,
    wakeIntervalMs: 200,
    onResult: (result) => {
      results.push(result)
      return pauseMs
    },
  })
  return { clock, prober, seen, results }
}
