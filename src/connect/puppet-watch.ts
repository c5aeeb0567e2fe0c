import { inBackground } from '../lib/background.ts'
import type { Cancel, Clock } from '../lib/clock.ts'
import type { PuppetFinder } from './puppet-finder.ts'

export interface PuppetWatchOptions {
  readonly clock: Clock
  /** All there are now. */
  readonly finders: () => Iterable<{ readonly id: string; readonly finder: PuppetFinder }>
  /** The tokens with trouble, by their public names. */
  readonly troubled: () => ReadonlySet<string>
}

/** From the end of a round of questions to the next one, in milliseconds: by chance, so that many processes do not ask together. */
const PAUSE_MS = { least: 5000, most: 15_000 }
/** Questions at a time. */
const AT_A_TIME = 4

/**
 * Asks the registry where the puppets are, though no bot wants to know: once for all of them at the start, and again for those with trouble while
 * there is any. By one timer for all tokens, and by none while all is well.
 */
export class PuppetWatch {
  readonly #options: PuppetWatchOptions
  #cancel: Cancel | undefined
  #asking = false
  #stopped = false

  constructor(options: PuppetWatchOptions) {
    this.#options = options
  }

  /** Asks for all that are not known yet. */
  start(): void {
    this.#ask(({ finder }) => finder.last === undefined)
  }

  /** To be called when there may be trouble. */
  wake(): void {
    if (this.#stopped || this.#asking || this.#cancel !== undefined) return
    const { clock, troubled } = this.#options
    if (troubled().size === 0) return
    const pauseMs = PAUSE_MS.least + clock.random() * (PAUSE_MS.most - PAUSE_MS.least)
    this.#cancel = clock.after(pauseMs, () => {
      this.#cancel = undefined
      this.#ask(({ id }) => troubled().has(id))
    })
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  #ask(isWanted: (each: { readonly id: string; readonly finder: PuppetFinder }) => boolean): void {
    if (this.#asking || this.#stopped) return
    this.#asking = true
    const waiting = [...this.#options.finders()].values()
    const askSome = async (): Promise<void> => {
      for (const each of waiting) if (!this.#stopped && isWanted(each)) await each.finder.find()
    }
    const round = Promise.all(Array.from({ length: AT_A_TIME }, askSome)).finally(() => {
      this.#asking = false
      this.wake()
    })
    inBackground(round)
  }
}
