import { listInterfaces } from './interfaces.ts'
import { type NetnsState, nextNetnsState } from './netns-state.ts'

/**
 * How long a namespace has to be gone before the sidecar ends, in milliseconds. Docker tries to restart the sidecar 100 ms after its
 * end, and never again if the puppet's container does not run by then. A container that ran for ten seconds is restarted after
 * 100 ms; one that crashes sooner waits longer each time, up to a minute, and the sidecar cannot see for how long.
 */
const GONE_MS = { afterLongLife: 3000, afterShortLife: 65_000 } as const
/** After so long a life, Docker restarts a container without a longer wait. */
const LONG_LIFE_MS = 10_000

/** Watches the network namespace that is shared with the puppet, when a probe fails. */
export class NetnsWatcher {
  #netns: NetnsState = { state: 'unseen' }
  #joinedMs: number | undefined

  /** Whether it is gone for good, by the result of a probe at `nowMs`. */
  isGone(puppetAnswers: boolean, nowMs: number): boolean {
    this.#joinedMs ??= nowMs
    // Listing the interfaces with each probe would be much work on a host with many containers.
    if (puppetAnswers && this.#netns.state === 'there') return false
    const netns = nextNetnsState(this.#netns, puppetAnswers, listInterfaces(), nowMs)
    this.#netns = netns
    if (netns.state !== 'gone') return false
    // The puppet's container lived at least as long as this process, which joined it.
    const long = netns.sinceMs - this.#joinedMs >= LONG_LIFE_MS
    return nowMs - netns.sinceMs >= (long ? GONE_MS.afterLongLife : GONE_MS.afterShortLife)
  }
}
