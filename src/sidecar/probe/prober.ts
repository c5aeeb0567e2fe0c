import { afterPatience, type Cancel, type Clock } from '../../lib/clock.ts'
import type { TimedProbeResult } from '../events.ts'
import type { Probe, ProbeResult } from './probe.ts'

/** What a probe loop needs. */
export interface ProberOptions {
  readonly probe: Probe
  readonly clock: Clock
  /** Deadline of one probe, in milliseconds; default 2000. */
  readonly timeoutMs: number
  /** The least time between two probes that closed sessions ask for, in milliseconds. */
  readonly wakeIntervalMs: number
  /** Hears each result and says how long to wait before the next probe, in milliseconds. */
  readonly onResult: (result: TimedProbeResult) => number
}

/** An answer that has not come after this part of the deadline is late. */
const LATE_SHARE = 0.25

/** Probes one after the other until stopped. A probe is one look at the puppet, or two if the first one's answer is late. */
export class Prober {
  readonly #options: ProberOptions
  readonly #stop = new AbortController()
  #cancelPause: Cancel | undefined
  #dueMs = 0
  /** When a closed session was last looked into. */
  #wokenMs = Number.NEGATIVE_INFINITY

  constructor(options: ProberOptions) {
    this.#options = options
  }

  start(): void {
    void this.#probe()
  }

  /**
   * Something happened that may be death: look now instead of when the pause is over. A puppet that closes every session
   * cannot make this a hot loop.
   */
  wake(): void {
    if (this.#cancelPause === undefined || this.#stop.signal.aborted) return
    const { clock, wakeIntervalMs } = this.#options
    const nowMs = clock.now()
    const atMs = Math.max(nowMs, this.#wokenMs + wakeIntervalMs)
    if (atMs >= this.#dueMs) return
    this.#wokenMs = atMs
    this.#pause(atMs - nowMs)
  }

  /** Ends the loop; a probe under way is abandoned. */
  stop(): void {
    this.#stop.abort()
    this.#cancelPause?.()
    this.#options.probe.close()
  }

  #pause(ms: number): void {
    this.#cancelPause?.()
    this.#dueMs = this.#options.clock.now() + ms
    this.#cancelPause = this.#options.clock.after(ms, () => {
      this.#cancelPause = undefined
      void this.#probe()
    })
  }

  async #probe(): Promise<void> {
    const { clock, timeoutMs, onResult } = this.#options
    const startedMs = clock.now()
    const result = await this.#find()
    if (this.#stop.signal.aborted) return
    const tookMs = clock.now() - startedMs
    const timed: TimedProbeResult =
      result === undefined
        ? { ok: false, kind: 'timeout', reason: `no answer in ${timeoutMs / 1000} s`, tookMs }
        : { ...result, tookMs }
    this.#pause(onResult(timed))
  }

  /**
   * What there is to find until the deadline; undefined: nothing. A connection that is held may be dead while the puppet
   * lives: when its answer is late, the puppet is asked over a new one too, and the first good answer counts. A bad one counts
   * when no other is awaited, or time is up; a refused connection counts at once.
   */
  #find(): Promise<ProbeResult | undefined> {
    const { probe, clock, timeoutMs } = this.#options
    return new Promise((resolve) => {
      const over = new AbortController()
      const lateMs = timeoutMs * LATE_SHARE
      let awaited = 0
      let failedProbe: ProbeResult | undefined
      const cancels: Cancel[] = []
      const end = (result: ProbeResult | undefined): void => {
        for (const cancel of cancels) cancel()
        this.#stop.signal.removeEventListener('abort', stopped)
        // What has not answered by now is not waited for, and whatever it says is not heard.
        over.abort()
        resolve(result)
      }
      const look = async (anew: boolean): Promise<void> => {
        awaited += 1
        const result = await probe.look(over.signal, anew)
        awaited -= 1
        if (over.signal.aborted) return
        if (result.ok || result.kind === 'refused' || awaited === 0) return end(result)
        if (anew) return
        // Silence counts from the oldest look without an answer, and this is one. The second look has a moment more, and not all of the time.
        failedProbe = result
        cancels.push(afterPatience(clock, lateMs, () => end(failedProbe)))
      }
      const stopped = (): void => end(undefined)
      if (probe.holdsConnection) cancels.push(clock.after(lateMs, () => void look(true)))
      // The answer may have arrived while this process was busy or stopped.
      cancels.push(afterPatience(clock, timeoutMs, () => end(failedProbe)))
      this.#stop.signal.addEventListener('abort', stopped)
      void look(false)
    })
  }
}
