import { inBackground } from '../../lib/background.ts'
import { afterPatience, type Cancel, type Clock } from '../../lib/clock.ts'
import type { ProbeResult } from '../events.ts'
import { failedProbe, type Probe } from './probe.ts'

/** An answer that has not come after this part of the deadline is late. */
const LATE_SHARE = 0.25

/**
 * Probes once, and over a second connection where the answer over the held one is late: that connection may be dead while
 * the puppet lives. The first good result counts. A bad one counts when no other is awaited, or time is up; a refused
 * connection counts at once. Undefined: no result until the deadline, or until `signal` aborts.
 *
 * @param timeoutMs deadline of the result, in milliseconds
 */
export function probeWithSecondConnection(
  probe: Probe,
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeResult | undefined> {
  return new Promise((resolve) => {
    const over = new AbortController()
    const lateMs = timeoutMs * LATE_SHARE
    let awaited = 0
    let failed: ProbeResult | undefined
    const cancels: Cancel[] = []
    const end = (result: ProbeResult | undefined): void => {
      for (const cancel of cancels) cancel()
      signal.removeEventListener('abort', stopped)
      // What has not answered by now is not waited for, and its result is not read.
      over.abort()
      resolve(result)
    }
    const start = async (overNewConnection: boolean): Promise<void> => {
      awaited += 1
      const result = await probe.probe(over.signal, overNewConnection)
      awaited -= 1
      if (over.signal.aborted) return
      if (result.ok || result.kind === 'refused' || awaited === 0) return end(result)
      if (overNewConnection) return
      // The second probe has a moment more, and not all of the time: silence counts from the oldest probe without an answer.
      failed = result
      cancels.push(afterPatience(clock, lateMs, () => end(failed)))
    }
    const begin = (overNewConnection: boolean): void =>
      inBackground(start(overNewConnection), () =>
        end(failedProbe('PUPPET_CONNECT_FAILED', 'the probe itself failed')),
      )
    const stopped = (): void => end(undefined)
    if (probe.holdsConnection) cancels.push(clock.after(lateMs, () => begin(true)))
    // The answer may have arrived while this process was busy or stopped.
    cancels.push(afterPatience(clock, timeoutMs, () => end(failed)))
    signal.addEventListener('abort', stopped)
    begin(false)
  })
}
