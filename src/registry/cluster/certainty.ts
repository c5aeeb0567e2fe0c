import { afterPatience, type Cancel, type Clock } from '../../lib/clock.ts'

/** A node that has heard itself so lately knows of all claims, but for those of this moment; in milliseconds. */
const CERTAIN_MS = 2000
/** A node that has not heard itself for so long asks whether it can, in milliseconds. */
const DOUBT_MS = 2500
/** A process whose timers come later than this, in milliseconds, has stood still: others may have said something meanwhile. */
const STILL_MS = 750
/** How long it may take to hear oneself, in milliseconds. */
const HEAR_MS = 500

export interface CertaintyOptions {
  readonly clock: Clock
  /** Says something that comes back to this node, behind all that was said before it. */
  readonly speak: () => void
  /** This node does not hear itself. */
  readonly onCutOff: () => void
  /** There is a connection, and it has not heard itself for too long over it: another one is wanted. */
  readonly onDeaf: () => void
  /** It hears itself again, or for the first time. */
  readonly onCertain: () => void
}

/**
 * Whether this node hears what others say: whether it hears itself, through the engine. A connection says nothing about it: the engine's
 * server may be frozen, or this process may have been.
 */
export class Certainty {
  readonly #options: CertaintyOptions
  /** When the newest thing was said that was heard, by the clock. */
  #heardMs = Number.NEGATIVE_INFINITY
  /** It has stood still: what was said before this does not count. */
  #stillUntilMs = Number.NEGATIVE_INFINITY
  #tickMs: number
  #isCutOff = true
  /** When there was a connection, or another one was wanted. */
  #connectedMs = Number.POSITIVE_INFINITY
  #asking: { readonly sinceMs: number; readonly done: Promise<void>; readonly end: () => void } | undefined
  #cancel: Cancel | undefined

  constructor(options: CertaintyOptions) {
    this.#options = options
    this.#tickMs = options.clock.now()
  }

  /** Whether claims of others may have been missed for long. So it is at first. */
  get isCutOff(): boolean {
    return this.#isCutOff
  }

  get isCertain(): boolean {
    const nowMs = this.#options.clock.now()
    const isHeard = this.#heardMs >= this.#stillUntilMs && nowMs - this.#heardMs <= CERTAIN_MS
    return !this.#isCutOff && isHeard && nowMs - this.#tickMs <= STILL_MS
  }

  /** Resolves when this node is certain, or cut off. */
  makeCertain(): Promise<void> {
    if (this.isCertain || this.#isCutOff) return Promise.resolve()
    this.#asking ??= this.#ask()
    return this.#asking.done
  }

  /** There is a connection. */
  connected(): void {
    this.#connectedMs = this.#options.clock.now()
    this.#options.speak()
  }

  /** It has heard itself. */
  heard(sentMs: number): void {
    this.#heardMs = Math.max(this.#heardMs, sentMs)
    if (this.#asking !== undefined && sentMs >= this.#asking.sinceMs) this.#asking.end()
    if (!this.#isCutOff || !this.#isRecent(sentMs)) return
    this.#isCutOff = false
    this.#options.onCertain()
  }

  /** To be called four times a second: doubts whether it hears itself if it has not for a while. */
  tick(): void {
    const nowMs = this.#options.clock.now()
    if (nowMs - this.#tickMs > STILL_MS) this.#stillUntilMs = Math.floor(nowMs)
    this.#tickMs = nowMs
    const isInDoubt = nowMs - this.#heardMs > DOUBT_MS || this.#heardMs < this.#stillUntilMs
    if (isInDoubt && !this.#isCutOff) this.#asking ??= this.#ask()
    // A server that lets in and delivers nothing would keep it cut off.
    if (!this.#isCutOff || nowMs - this.#connectedMs <= DOUBT_MS) return
    this.#connectedMs = Number.POSITIVE_INFINITY
    this.#options.onDeaf()
  }

  /** The connection is gone: it hears nothing. */
  lose(): void {
    this.#asking?.end()
    this.#connectedMs = Number.POSITIVE_INFINITY
    if (this.#isCutOff) return
    this.#isCutOff = true
    this.#options.onCutOff()
  }

  stop(): void {
    this.#cancel?.()
    this.#asking?.end()
  }

  #isRecent(sentMs: number): boolean {
    return this.#options.clock.now() - sentMs <= CERTAIN_MS
  }

  #ask(): { sinceMs: number; done: Promise<void>; end: () => void } {
    const { clock, speak } = this.#options
    let end = (): void => {}
    const done = new Promise<void>((resolve) => {
      end = (): void => {
        this.#cancel?.()
        this.#asking = undefined
        resolve()
      }
    })
    this.#cancel = afterPatience(clock, HEAR_MS, () => this.lose())
    const asking = { sinceMs: Math.floor(clock.now()), done, end }
    speak()
    return asking
  }
}
