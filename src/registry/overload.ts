import { performance } from 'node:perf_hooks'
import type { Clock } from '../lib/clock.ts'

/** A registrant whose request waited longer than this because the registry was busy is sent away, in milliseconds. */
export const BUSY_MS = 2000
/** A wait counts as this long at most, in milliseconds: no registrant is told to stay away for more than twice that time. */
const WAIT_MAX_MS = 10_000
/** If the event loop was idle for more than this share of a wait, the registry was not the reason for it. */
const IDLE_SHARE = 0.1

/** When a connection came, and how long the event loop had been idle until then; both in milliseconds. */
export interface Arrived {
  readonly atMs: number
  readonly idleMs: number
}

/**
 * Measures how long a connection had to wait for its turn. Between its arrival and its request lies the time that its peer took,
 * or the time that this process was busy with others: the event loop knows how much of it was idle. Peers that are slow or
 * say nothing leave it idle, so that they cannot make a registry look busy.
 */
export class Overload {
  readonly #clock: Clock
  readonly #idleMs: () => number

  /** @param idleMs how long the event loop has had nothing to do so far, in milliseconds; default: this process's */
  constructor(clock: Clock, idleMs: () => number = () => performance.eventLoopUtilization().idle) {
    this.#clock = clock
    this.#idleMs = idleMs
  }

  arrived(): Arrived {
    return { atMs: this.#clock.now(), idleMs: this.#idleMs() }
  }

  /** How long a connection that came then has waited for this process, in milliseconds; 0 if it waited for something else. */
  busyMs({ atMs, idleMs }: Arrived): number {
    const waitedMs = this.#clock.now() - atMs
    return this.#idleMs() - idleMs > waitedMs * IDLE_SHARE ? 0 : waitedMs
  }
}

/**
 * The `Retry-After` of a registrant that is sent away after it has waited for so long: at random, within twice that time, 20 s at most. The
 * longer the queue was, the wider registrants are spread.
 *
 * @param random in [0, 1)
 */
export function retryAfterSeconds(waitedMs: number, random: number): number {
  return 1 + Math.floor((random * 2 * Math.min(waitedMs, WAIT_MAX_MS)) / 1000)
}
