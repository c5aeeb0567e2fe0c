import type { Cancel, Clock } from '../lib/clock.ts'

/** Somebody who sends frames, or requests. */
export interface FrameSource {
  /** Whom limits count it under. */
  readonly key: string
  /** Stops reading from it, and reads on. Nothing that it sends is lost. */
  pause(): void
  resume(): void
}

/** Those of an address that are not read from. */
interface Paused {
  /** The longest first. */
  readonly sources: Set<FrameSource>
  /** How many of them are read from next. Each may have one frame ready or fifty: more where that was not too much, fewer where it was. */
  batch: number
}

/** How many frames there may be in a window. */
export interface FrameShares {
  /** In the unit of the clock: milliseconds, or turns of the event loop. */
  readonly window: number
  /** Of all who send many. */
  readonly inAll: number
  /** Of one address, whatever others send. */
  readonly always: number
  /** How many of an address are read from again at first, if they were not. */
  readonly resumed: number
  /** How many of all addresses are read from again in a window at most. */
  readonly resumedInAll: number
}

/**
 * Shares out the time that frames take. In each short window an address may send as many frames as there are left for all; whoever sends
 * more is not read from for a while. So one address gets half of what there is at most, two get a third each, and those who
 * send a few are never slowed down. Where many addresses send much, each gets the same part of twice what there is.
 */
export class FrameBudget {
  readonly #clock: Pick<Clock, 'now' | 'after'>
  readonly #shares: FrameShares
  /** Frames in this window by address, with what was too many in the windows before. */
  readonly #used = new Map<string, number>()
  #usedInAll = 0
  #windowEnds = Number.NEGATIVE_INFINITY
  readonly #paused = new Map<string, Paused>()
  #cancelTimer: Cancel | undefined

  constructor(clock: Pick<Clock, 'now' | 'after'>, shares: FrameShares) {
    this.#clock = clock
    this.#shares = shares
  }

  /** How many sources of an address are paused. */
  pausedOf(key: string): number {
    return this.#paused.get(key)?.sources.size ?? 0
  }

  /** A frame came. */
  take(source: FrameSource): void {
    const now = this.#clock.now()
    if (now >= this.#windowEnds) this.#beginWindow(now)
    const { key } = source
    this.#used.set(key, (this.#used.get(key) ?? 0) + 1)
    this.#usedInAll += 1
    if (!this.#hasTooMany(key)) return
    const paused = this.#paused.get(key) ?? { sources: new Set(), batch: this.#shares.resumed }
    if (paused.sources.has(source)) return
    paused.sources.add(source)
    this.#paused.set(key, paused)
    source.pause()
    this.#cancelTimer ??= this.#clock.after(this.#shares.window, () => this.#goOn())
  }

  /** It leaves: it is read from, so that its end is seen. */
  leave(source: FrameSource): void {
    if (this.#unpause(source)) source.resume()
  }

  #hasTooMany(key: string): boolean {
    return (this.#used.get(key) ?? 0) > Math.max(this.#always, this.#shares.inAll - this.#usedInAll)
  }

  /** What each address may send, whatever others send. */
  get #always(): number {
    const { always, inAll } = this.#shares
    return Math.max(1, Math.min(always, Math.floor((2 * inAll) / this.#used.size)))
  }

  /** What was too many counts in the next windows: what has arrived is handled, however much it is. */
  #beginWindow(now: number): void {
    this.#windowEnds = now + this.#shares.window
    if (this.#usedInAll <= this.#shares.inAll) {
      this.#used.clear()
      this.#usedInAll = 0
      return
    }
    const always = this.#always
    const many = [...this.#used.values()].filter((used) => used > always).length
    const share = Math.max(always, Math.floor(this.#shares.inAll / (many + 1)))
    this.#usedInAll = 0
    for (const [key, used] of this.#used) {
      const left = used - share
      if (left > 0) this.#used.set(key, left)
      else this.#used.delete(key)
      this.#usedInAll += Math.max(0, left)
    }
  }

  #goOn(): void {
    this.#cancelTimer = undefined
    const now = this.#clock.now()
    if (now >= this.#windowEnds) this.#beginWindow(now)
    let leftInAll = this.#shares.resumedInAll
    for (const [key, paused] of [...this.#paused]) {
      if (leftInAll === 0) break
      if (this.#hasTooMany(key)) {
        paused.batch = this.#shares.resumed
        continue
      }
      // The next time it is the turn of others.
      this.#paused.delete(key)
      this.#paused.set(key, paused)
      let left = Math.min(paused.batch, leftInAll)
      leftInAll -= left
      paused.batch = Math.min(this.#shares.resumedInAll, 2 * paused.batch)
      for (const source of paused.sources) {
        if (left === 0) break
        left -= 1
        this.#unpause(source)
        source.resume()
      }
    }
    if (this.#paused.size > 0) this.#cancelTimer = this.#clock.after(this.#shares.window, () => this.#goOn())
  }

  #unpause(source: FrameSource): boolean {
    const paused = this.#paused.get(source.key)
    const wasPaused = paused?.sources.delete(source) ?? false
    if (paused?.sources.size === 0) this.#paused.delete(source.key)
    if (this.#paused.size === 0) {
      this.#cancelTimer?.()
      this.#cancelTimer = undefined
    }
    return wasPaused
  }
}
