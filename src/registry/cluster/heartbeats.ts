import type { Clock } from '../../lib/clock.ts'
import type { ClusterClock } from './cluster-clock.ts'
import type { Engine } from './engine.ts'
import type { Members } from './members.ts'
import type { MemberMessage } from './messages.ts'

/** A node says so often that it lives, in milliseconds. */
export const HEARTBEAT_MS = 1000

export interface HeartbeatsOptions {
  readonly clock: Clock
  readonly engine: Pick<Engine, 'publish'>
  /** Where all nodes listen. */
  readonly subject: string
  readonly node: string
  /** What people call this node. */
  readonly name: string
  readonly members: Members
  readonly clusterClock: Pick<ClusterClock, 'said'>
}

/** What a node says of itself to all nodes, itself among them. */
export class Heartbeats {
  readonly #options: HeartbeatsOptions
  readonly #startedMs: number
  #lastMs = Number.NEGATIVE_INFINITY
  #count = 0

  constructor(options: HeartbeatsOptions) {
    this.#options = options
    this.#startedMs = options.clock.now()
  }

  get isDue(): boolean {
    return this.#options.clock.now() - this.#lastMs >= HEARTBEAT_MS
  }

  say(): void {
    const { clock, node, name, members, clusterClock } = this.#options
    const nowMs = Math.floor(clock.now())
    this.#lastMs = nowMs
    this.#count += 1
    this.#publish({
      kind: 'alive',
      node,
      name,
      ...clusterClock.said,
      sentMs: nowMs,
      upMs: Math.floor(nowMs - this.#startedMs),
      beat: this.#count,
      missing: members.missingReport(nowMs),
    })
  }

  /** Others may have lost claims of this node: to them it is as if a heartbeat were missing. */
  skip(): void {
    this.#count += 1
  }

  sayGoodbye(): void {
    this.#publish({ kind: 'goodbye', node: this.#options.node })
  }

  #publish(message: MemberMessage): void {
    this.#options.engine.publish(this.#options.subject, JSON.stringify(message))
  }
}
