import type { Cancel, Clock } from './clock.ts'

/** How often to look whether the peers are still there. Both in milliseconds. */
export interface HeartbeatSettings {
  /** No link goes longer without a ping; default 10,000. */
  readonly intervalMs: number
  /** How long a pong may take; default 5000. */
  readonly timeoutMs: number
}

/** A link whose other end is to be watched. */
export interface Watched {
  ping(): void
  /** No pong in time. It is not watched any more. */
  silent(): void
}

/** Pings that fall into so many milliseconds are sent together: a timer a ping would cost more than the ping. */
const TOGETHER_MS = 100

/**
 * One heartbeat for all links, by one timer: the pings of all of them are spread evenly over the interval, whenever they
 * joined. Everybody queues up, the head of the queue is pinged and goes to its end; the queue moves once round an
 * interval.
 */
export class Heartbeat {
  readonly #clock: Clock
  readonly #settings: HeartbeatSettings
  /** Everybody, the longest unpinged first, with the time of the last ping (or of joining). */
  readonly #queue = new Map<Watched, number>()
  /** Those whose pong is awaited, the oldest ping first, with its time. */
  readonly #awaited = new Map<Watched, number>()
  /** Pings that are owed to an even spread: a fraction of one, mostly. */
  #owed = 0
  #countedMs = 0
  /**
   * Whether a pong was found to be too late. Timers run before what has arrived is read: it is looked at once more, a turn
   * later, because in a process that was busy or stopped the pong may be there.
   */
  #overdue = false
  #timer: { readonly dueMs: number; readonly cancel: Cancel } | undefined

  constructor(clock: Clock, settings: HeartbeatSettings) {
    this.#clock = clock
    this.#settings = settings
  }

  /** Watches a link from now on; its first ping comes within an interval. */
  watch(link: Watched): void {
    this.#count()
    this.#queue.set(link, this.#wholeNowMs())
    this.#schedule()
  }

  /** Watches it no more. */
  unwatch(link: Watched): void {
    this.#count()
    this.#queue.delete(link)
    this.#awaited.delete(link)
    if (this.#queue.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
    this.#owed = 0
    this.#overdue = false
  }

  /** A pong came: the milliseconds since its ping, or undefined if none was awaited. */
  ponged(link: Watched): number | undefined {
    const pingedMs = this.#awaited.get(link)
    this.#awaited.delete(link)
    return pingedMs === undefined ? undefined : this.#clock.now() - pingedMs
  }

  /** Whole milliseconds: each of thousands of fractions would be an object. */
  #wholeNowMs(): number {
    return Math.floor(this.#clock.now())
  }

  /** Adds what the time since the last count owes. */
  #count(): void {
    const nowMs = this.#clock.now()
    this.#owed += ((nowMs - this.#countedMs) * this.#queue.size) / this.#settings.intervalMs
    this.#countedMs = nowMs
  }

  #beat(): void {
    this.#timer = undefined
    this.#count()
    if (this.#overdue) this.#giveUp()
    this.#ping()
    const [pingedMs = Number.POSITIVE_INFINITY] = this.#awaited.values()
    this.#overdue = this.#clock.now() - pingedMs >= this.#settings.timeoutMs
    this.#schedule()
  }

  #giveUp(): void {
    const nowMs = this.#clock.now()
    for (const [link, pingedMs] of this.#awaited) {
      if (nowMs - pingedMs < this.#settings.timeoutMs) return
      this.unwatch(link)
      link.silent()
    }
  }

  #ping(): void {
    const nowMs = this.#wholeNowMs()
    // Once round at most: whoever was pinged is at the end of the queue again.
    let left = this.#queue.size
    for (const [link, lastMs] of this.#queue) {
      const due = this.#owed >= 1 || nowMs - lastMs >= this.#settings.intervalMs
      if (!due || left === 0) break
      left -= 1
      this.#owed = Math.max(0, this.#owed - 1)
      this.#queue.delete(link)
      this.#queue.set(link, nowMs)
      if (this.#awaited.has(link)) continue
      this.#awaited.set(link, this.#clock.now())
      link.ping()
    }
    this.#owed = Math.min(this.#owed, 1)
  }

  #schedule(): void {
    if (this.#queue.size === 0) return
    const { intervalMs, timeoutMs } = this.#settings
    const nowMs = this.#clock.now()
    const evenMs = nowMs + ((1 - this.#owed) * intervalMs) / this.#queue.size
    const [lastMs = nowMs] = this.#queue.values()
    const [pingedMs = Number.POSITIVE_INFINITY] = this.#awaited.values()
    const nextMs = Math.min(evenMs, lastMs + intervalMs, pingedMs + timeoutMs)
    const dueMs = this.#overdue ? nowMs : Math.max(nowMs + TOGETHER_MS, nextMs)
    if (this.#timer !== undefined && this.#timer.dueMs <= dueMs) return
    this.#timer?.cancel()
    const cancel = this.#clock.after(Math.max(0, dueMs - nowMs), () => this.#beat())
    this.#timer = { dueMs, cancel }
  }
}
