import { inBackground } from '../../lib/background.ts'
import type { Cancel, Clock } from '../../lib/clock.ts'
import type { TimedProbeResult } from '../events.ts'
import { failedProbe, type Probe } from './probe.ts'
import { probeWithSecondConnection } from './second-connection.ts'

export interface ProberOptions {
  readonly probe: Probe
  readonly clock: Clock
  /** Deadline of one probe, in milliseconds; default 2000. */
  readonly timeoutMs: number
  /** The least time between two probes that closed sessions ask for, in milliseconds. */
  readonly wakeIntervalMs: number
  /** Returns how long to wait before the next probe, in milliseconds. */
  readonly onResult: (result: TimedProbeResult) => number
}

/** Probes the puppet again and again until stopped, one probe after the other. */
export class Prober {
  readonly #options: ProberOptions
  readonly #stop = new AbortController()
  #cancelPause: Cancel | undefined
  #dueMs = 0
  /** When a closed session last brought a probe forward. */
  #wokenMs = Number.NEGATIVE_INFINITY

  constructor(options: ProberOptions) {
    this.#options = options
  }

  start(): void {
    this.#begin()
  }

  /**
   * Probes now instead of when the pause is over: something happened that may be death. A puppet that closes every session
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

  /** Stops for good; a probe under way is abandoned. */
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
      this.#begin()
    })
  }

  #begin(): void {
    const { timeoutMs } = this.#options
    inBackground(this.#probe(), () => this.#pause(timeoutMs))
  }

  async #probe(): Promise<void> {
    const { probe, clock, timeoutMs, onResult } = this.#options
    const { signal } = this.#stop
    const startedMs = clock.now()
    const found = await probeWithSecondConnection(probe, clock, timeoutMs, signal)
    if (signal.aborted) return
    const result = found ?? failedProbe('PUPPET_SILENT', `no answer in ${timeoutMs / 1000} s`)
    this.#pause(onResult({ ...result, tookMs: clock.now() - startedMs }))
  }
}
