import type { Clock } from '../../lib/clock.ts'
import { HEARTBEAT_MS } from './heartbeats.ts'
import { SILENT_MS } from './members.ts'

/** A heartbeat may be so late, in milliseconds. */
const LATE_MS = 500
/** So long after it joined, in milliseconds, a node has heard each member. */
const HEARD_MS = HEARTBEAT_MS + LATE_MS
/** Members are looked after so often, in milliseconds. */
const LOOK_MS = 250
/** So long after others could hear a member last, in milliseconds, they have noticed it, and said so. */
const MISSED_BY_OTHERS_MS = SILENT_MS + LOOK_MS + HEARD_MS

/** When this node joined the cluster: when it began to hear itself, and so the others. */
export class Joining {
  readonly #clock: Clock
  #sinceMs = Number.POSITIVE_INFINITY
  #firstMs = Number.POSITIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** For the first time, or again. */
  joined(): void {
    this.#sinceMs = this.#clock.now()
    this.#firstMs = Math.min(this.#firstMs, this.#sinceMs)
  }

  /** When it joined last, by the clock. */
  get sinceMs(): number {
    return this.#sinceMs
  }

  /** How long ago that was, in milliseconds. */
  get forMs(): number {
    return Math.floor(this.#clock.now() - this.#sinceMs)
  }

  /** Whether it has heard of each member that there is or was lately: one may have died just before this node started. */
  get knowsAll(): boolean {
    const knowsMs = Math.max(this.#sinceMs + HEARD_MS, this.#firstMs + MISSED_BY_OTHERS_MS)
    return this.#clock.now() >= knowsMs
  }
}
