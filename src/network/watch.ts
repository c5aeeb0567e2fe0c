import { lookAtInterfaces } from './interfaces.ts'
import { judgePresence, type Presence } from './presence.ts'

/**
 * How long a namespace has to be gone before that is certain, in milliseconds. Docker tries to start the sidecar again 100 ms after
 * its end, and never again if the puppet's container does not run by then: that needs time to start.
 */
const GONE_MS = 3000

/** Watches the network namespace that is shared with the puppet, at each probe. */
export class NetworkWatch {
  #presence: Presence = { state: 'unseen' }

  /** Whether it is gone for good, by what a probe found at `nowMs`. */
  isGone(puppetAnswers: boolean, nowMs: number): boolean {
    const presence = judgePresence(this.#presence, puppetAnswers, lookAtInterfaces(), nowMs)
    this.#presence = presence
    return presence.state === 'gone' && nowMs - presence.sinceMs >= GONE_MS
  }
}
