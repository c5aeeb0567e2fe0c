import type { Cancel, Clock } from '../lib/clock.ts'

/** Both in milliseconds. */
export interface HeartbeatSettings {
  /** No link goes longer without a ping. */
  readonly intervalMs: number
  /** How long a pong may take. */
  readonly timeoutMs: number
}

/** A link that is pinged. */
export interface Watched {
  ping(): void
  /** How many frames came. Any frame is as good as a pong. */
  readonly received: number
  /** No pong in time. It is not watched any more. */
  silent(): void
}

/** Pings that fall into so many milliseconds are sent together: a timer a ping would cost more than the ping. */
const TOGETHER_MS = 100

/**
 * One heartbeat for all links, by one timer: the pings of all of them are spread evenly over the interval, whenever they
 * joined. Links stand in a queue: the first one is pinged and goes to the end; the queue goes round once an interval.
 */
export class Heartbeat {
  readonly #clock: Clock
  readonly #settingsFor: (links: number) => HeartbeatSettings
  /** All links, the longest unpinged first, with the time of the last ping (or of joining). */
  readonly #queue = new Map<Watched, number>()
  /** Links whose pong is awaited, the oldest ping first, with its time and what had been received by then. */
  readonly #awaited = new Map<Watched, { readonly pingedMs: number; readonly received: number }>()
  /** Pings that are due for an even spread: a fraction of one, mostly. */
  #owed = 0
  #countedMs = 0
  /**
   * Whether a pong was found to be too late. Timers run before what has arrived is read: it is checked once more, a turn
   * later, because in a process that was busy or stopped the pong may be there.
   */
  #overdue = false
  #timer: { readonly dueMs: number; readonly cancel: Cancel } | undefined

  /** @param settingsFor what holds for so many links: few of them can be pinged often */
  constructor(clock: Clock, settingsFor: (links: number) => HeartbeatSettings) {
    this.#clock = clock
    this.#settingsFor = settingsFor
  }

  get #settings(): HeartbeatSettings {
    return this.#settingsFor(this.#queue.size)
  }

  /** Watches a link from now on; its first ping comes within an interval. */
  watch(link: Watched): void {
    this.#count()
    // The first one is pinged at any moment of an interval: processes whose links began together must not ping together.
    if (this.#queue.size === 0) this.#owed = this.#clock.random()
    this.#queue.set(link, this.#wholeNowMs())
    this.#schedule()
  }

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
    const awaited = this.#awaited.get(link)
    this.#awaited.delete(link)
    return awaited && this.#clock.now() - awaited.pingedMs
  }

  /** Whole milliseconds: each of thousands of fractions would be an object. */
  #wholeNowMs(): number {
    return Math.floor(this.#clock.now())
  }

  /** Adds the pings that have become due since the last count. */
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
    this.#overdue = this.#clock.now() - this.#oldestPingMs >= this.#settings.timeoutMs
    this.#schedule()
  }

  get #oldestPingMs(): number {
    const [oldest] = this.#awaited.values()
    return oldest?.pingedMs ?? Number.POSITIVE_INFINITY
  }

  #giveUp(): void {
    const nowMs = this.#clock.now()
    const { timeoutMs } = this.#settings
    for (const [link, { pingedMs, received }] of this.#awaited) {
      if (nowMs - pingedMs < timeoutMs) return
      if (link.received !== received) {
        this.#awaited.delete(link)
        continue
      }
      this.unwatch(link)
      link.silent()
    }
  }

  #ping(): void {
    const nowMs = this.#wholeNowMs()
    const { intervalMs } = this.#settings
    // Once round at most: a link that was pinged is at the end of the queue again.
    let left = this.#queue.size
    for (const [link, lastMs] of this.#queue) {
      const due = this.#owed >= 1 || nowMs - lastMs >= intervalMs
      if (!due || left === 0) break
      left -= 1
      this.#owed = Math.max(0, this.#owed - 1)
      this.#queue.delete(link)
      this.#queue.set(link, nowMs)
      const { received } = link
      // Nothing has come since the last ping: one more would wait behind it.
      if (this.#awaited.get(link)?.received === received) continue
      this.#awaited.delete(link)
      this.#awaited.set(link, { pingedMs: this.#clock.now(), received })
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
    const nextMs = Math.min(evenMs, lastMs + intervalMs, this.#oldestPingMs + timeoutMs)
    const dueMs = this.#overdue ? nowMs : Math.max(nowMs + TOGETHER_MS, nextMs)
    if (this.#timer !== undefined && this.#timer.dueMs <= dueMs) return
    this.#timer?.cancel()
    const cancel = this.#clock.after(Math.max(0, dueMs - nowMs), () => this.#beat())
    this.#timer = { dueMs, cancel }
  }
}
