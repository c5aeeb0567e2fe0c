import { listInterfaces } from './interfaces.ts'
import { type NetnsState, nextNetnsState } from './netns-state.ts'

/**
 * How long a namespace has to be gone before the sidecar ends, in milliseconds. Docker tries to start it again 100 ms after its end, and
 * never again if the puppet's container does not run by then. A container that ran for ten seconds is started again after
 * 100 ms; one that crashes sooner waits longer each time, up to a minute, and nobody in the dead namespace can see for how long.
 */
const PATIENCE_MS = { afterALongLife: 3000, afterAShortLife: 65_000 } as const
/** After so long a life, Docker counts a container's crashes anew. */
const LONG_LIFE_MS = 10_000

/** Watches the network namespace that is shared with the puppet: looks at it when a probe fails. */
export class NetnsWatcher {
  #presence: NetnsState = { state: 'unseen' }
  #joinedMs: number | undefined

  /** Whether it is gone for good, by what a probe found at `nowMs`. */
  isGone(puppetAnswers: boolean, nowMs: number): boolean {
    this.#joinedMs ??= nowMs
    // As long as all is well, nothing has to be listed each second, which on a host with many containers is work.
    if (puppetAnswers && this.#presence.state === 'there') return false
    const presence = nextNetnsState(this.#presence, puppetAnswers, listInterfaces(), nowMs)
    this.#presence = presence
    if (presence.state !== 'gone') return false
    // The puppet's container lived at least as long as this process, which joined it.
    const long = presence.sinceMs - this.#joinedMs >= LONG_LIFE_MS
    const patienceMs = long ? PATIENCE_MS.afterALongLife : PATIENCE_MS.afterAShortLife
    return nowMs - presence.sinceMs >= patienceMs
  }
}
