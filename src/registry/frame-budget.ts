import type { Cancel, Clock } from '../lib/clock.ts'
import { FRAMES } from './limits.ts'

/** Somebody who sends frames. */
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

/**
 * Shares out the time that frames take. In each short window an address may send as many frames as there are left for all; whoever sends
 * more is not read from for a while. So one address gets half of what there is at most, two get a third each, and those who
 * send a few are never slowed down.
 */
export class FrameBudget {
  readonly #clock: Clock
  /** Frames in this window by address, with what was too many in the windows before. */
  readonly #used = new Map<string, number>()
  #usedInAll = 0
  #windowEndsMs = Number.NEGATIVE_INFINITY
  readonly #paused = new Map<string, Paused>()
  #cancelTimer: Cancel | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How many sources of an address are paused. */
  pausedOf(key: string): number {
    return this.#paused.get(key)?.sources.size ?? 0
  }

  /** A frame came. */
  take(source: FrameSource): void {
    const nowMs = this.#clock.now()
    if (nowMs >= this.#windowEndsMs) this.#beginWindow(nowMs)
    const { key } = source
    this.#used.set(key, (this.#used.get(key) ?? 0) + 1)
    this.#usedInAll += 1
    if (!this.#hasTooMany(key)) return
    const paused = this.#paused.get(key) ?? { sources: new Set(), batch: FRAMES.resumed }
    if (paused.sources.has(source)) return
    paused.sources.add(source)
    this.#paused.set(key, paused)
    source.pause()
    this.#cancelTimer ??= this.#clock.after(FRAMES.windowMs, () => this.#goOn())
  }

  /** It leaves: it is read from, so that its end is seen. */
  leave(source: FrameSource): void {
    if (this.#unpause(source)) source.resume()
  }

  #hasTooMany(key: string): boolean {
    return (this.#used.get(key) ?? 0) > Math.max(FRAMES.always, FRAMES.inAll - this.#usedInAll)
  }

  /** What was too many counts in the next windows: what has arrived is handled, however much it is. */
  #beginWindow(nowMs: number): void {
    this.#windowEndsMs = nowMs + FRAMES.windowMs
    if (this.#usedInAll <= FRAMES.inAll) {
      this.#used.clear()
      this.#usedInAll = 0
      return
    }
    const many = [...this.#used.values()].filter((used) => used > FRAMES.always).length
    const share = Math.max(FRAMES.always, Math.floor(FRAMES.inAll / (many + 1)))
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
    const nowMs = this.#clock.now()
    if (nowMs >= this.#windowEndsMs) this.#beginWindow(nowMs)
    for (const [key, paused] of this.#paused) {
      if (this.#hasTooMany(key)) {
        paused.batch = FRAMES.resumed
        continue
      }
      let left = paused.batch
      paused.batch = Math.min(FRAMES.inAll, 2 * paused.batch)
      for (const source of paused.sources) {
        if (left === 0) break
        left -= 1
        this.#unpause(source)
        source.resume()
      }
    }
    if (this.#paused.size > 0) this.#cancelTimer = this.#clock.after(FRAMES.windowMs, () => this.#goOn())
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
