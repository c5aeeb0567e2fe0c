import { type Cancel, type Clock, deadline } from '../clock.ts'
import type { ProbeResult } from '../events.ts'
import type { Probe } from './probe.ts'

/** What a probe loop needs. */
export interface ProbeLoopOptions {
  readonly probe: Probe
  readonly clock: Clock
  /** Deadline of one probe, in milliseconds; default 1000. */
  readonly timeoutMs: number
  /** The least time between two probes that closed sessions ask for, in milliseconds. */
  readonly wakeIntervalMs: number
  /** Hears each result and says how long to wait before the next probe, in milliseconds. */
  readonly onResult: (result: ProbeResult) => number
}

/** Probes one after the other, never two at once, until stopped. */
export class ProbeLoop {
  readonly #options: ProbeLoopOptions
  readonly #stop = new AbortController()
  #cancelPause: Cancel | undefined
  #dueMs = 0
  /** When a closed session was last looked into. */
  #wokenMs = Number.NEGATIVE_INFINITY

  constructor(options: ProbeLoopOptions) {
    this.#options = options
  }

  start(): void {
    void this.#look()
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
      void this.#look()
    })
  }

  async #look(): Promise<void> {
    const { probe, clock, timeoutMs, onResult } = this.#options
    const startedMs = clock.now()
    const limit = deadline(clock, timeoutMs, this.#stop.signal)
    const tooLate = new Promise<'too late'>((resolve) => {
      limit.signal.addEventListener('abort', () => resolve('too late'), { once: true })
    })
    const finding = await Promise.race([probe.look(limit.signal), tooLate])
    limit.release()
    if (this.#stop.signal.aborted) return
    const tookMs = clock.now() - startedMs
    const result: ProbeResult =
      finding === 'too late'
        ? { ok: false, kind: 'timeout', reason: `no answer in ${timeoutMs / 1000} s`, tookMs }
        : { ...finding, tookMs }
    this.#pause(onResult(result))
  }
}
