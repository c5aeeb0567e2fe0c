import type { Clock } from '../lib/clock.ts'
import type { ClusterEvent, ClusterMember } from './cluster-events.ts'

/** What is wrong, without a full stop, and since when, by the clock, in milliseconds. */
interface Trouble {
  readonly reason: string
  readonly sinceMs: number
}

/** How it is between a registry and its cluster. */
export interface ClusterHealth {
  /** Where it is connected to, `host:port`; undefined where it is not. */
  readonly server: string | undefined
  /** Since when it hears the others, or does not, by the clock, in milliseconds. */
  readonly sinceMs: number
  /** Undefined while it hears the others. */
  readonly degraded: Trouble | undefined
  /** What the engine does not allow; undefined if there is nothing. */
  readonly refused: Trouble | undefined
}

/** What a registry's part in its cluster is now. */
export interface ClusterState extends ClusterHealth, ClusterMember {
  /** What all subjects begin with. */
  readonly prefix: string
  /** The others. `sinceMs`: since when each is in its state, by the clock. */
  readonly members: readonly (ClusterMember & {
    readonly state: 'alive' | 'missing'
    readonly sinceMs: number
  })[]
  /** Tokens that clients are sent here for, and others of which registrants are here. */
  readonly claims: number
  readonly fallbacks: number
}

/** In one line, without a full stop. */
export function clusterInWords({ degraded, members }: ClusterState): string {
  if (degraded !== undefined) return `cluster: cut off: ${degraded.reason}`
  const missing = members.filter(({ state }) => state === 'missing').length
  const alive = members.length - missing
  if (missing > 0) return `cluster: ${alive} of ${plural(members.length)} heard`
  return `cluster: ${plural(alive)}`
}

function plural(count: number): string {
  return `${count} ${count === 1 ? 'other registry' : 'other registries'}`
}

/** What is refused by one connection: publishing, subscribing, a message's size. */
const REASONS_MAX = 4

/** Follows what happens between a registry and its cluster. */
export class ClusterHealthRecord {
  readonly #clock: Clock
  #server: string | undefined
  #whyLost = ''
  #sinceMs: number
  #degraded: Trouble | undefined
  #refused: Trouble | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#sinceMs = clock.now()
    this.#degraded = { reason: 'it has not been joined yet', sinceMs: this.#sinceMs }
  }

  get health(): ClusterHealth {
    return {
      server: this.#server,
      sinceMs: this.#sinceMs,
      degraded: this.#degraded,
      refused: this.#refused,
    }
  }

  apply(event: ClusterEvent): void {
    switch (event.kind) {
      case 'connected':
        this.#server = event.server
        // The server says it again.
        this.#refused = undefined
        return this.#explain()
      case 'disconnected':
        this.#server = undefined
        this.#whyLost = event.reason
        return this.#explain()
      case 'cutOff':
        this.#sinceMs = this.#clock.now()
        this.#degraded = { reason: '', sinceMs: this.#sinceMs }
        return this.#explain()
      case 'joined':
        this.#sinceMs = this.#clock.now()
        this.#degraded = undefined
        return
      case 'refused':
        return this.#refuse(event.reason)
    }
  }

  /** Why it is degraded changes with the connection. */
  #explain(): void {
    if (this.#degraded === undefined) return
    const reason =
      this.#server === undefined
        ? `no connection to NATS: ${this.#whyLost}`
        : `it does not hear itself through ${this.#server}`
    this.#degraded = { ...this.#degraded, reason }
  }

  #refuse(reason: string): void {
    const { reason: before = '', sinceMs = this.#clock.now() } = this.#refused ?? {}
    const reasons = before === '' ? [] : before.split('; ')
    if (reasons.includes(reason) || reasons.length >= REASONS_MAX) return
    this.#refused = { reason: [...reasons, reason].join('; '), sinceMs }
  }
}
