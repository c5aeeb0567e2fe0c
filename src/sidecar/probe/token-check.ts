import { inBackground } from '../../lib/background.ts'
import { type Clock, deadline, pause } from '../../lib/clock.ts'

export interface TokenCheckOptions {
  readonly clock: Clock
  /** How long one answer may take, in milliseconds. */
  readonly timeoutMs: number
  /** Asks the puppet: true, false, or null if it does not say. Never rejects. */
  readonly ask: (token: string, signal: AbortSignal) => Promise<boolean | null>
  readonly onAnswer: (token: string, accepted: boolean | null) => void
}

/** The pause after each of the first few questions, and after each further one: thousands must not keep a puppet busy. */
const PAUSE_MS = 20
const LONG_PAUSE_MS = 1000
const FEW = 10

/**
 * Finds out whether the puppet accepts clients with each token. For log and status only: it does not change what is
 * registered. One question after the other, never two at once.
 */
export class TokenCheck {
  readonly #options: TokenCheckOptions
  #unasked = new Set<string>()
  #stop = new AbortController()
  #asking = false

  constructor(options: TokenCheckOptions) {
    this.#options = options
  }

  /** Asks about these tokens, before those that wait already. */
  ask(tokens: Iterable<string>): void {
    this.#unasked = new Set([...tokens, ...this.#unasked])
    if (!this.#asking) inBackground(this.#run(), () => this.cancel())
  }

  /** Asks nothing more until the next `ask`; the answer to a question under way is dropped. */
  cancel(): void {
    this.#unasked = new Set()
    this.#stop.abort()
    this.#stop = new AbortController()
    this.#asking = false
  }

  async #run(): Promise<void> {
    const { clock, timeoutMs, ask, onAnswer } = this.#options
    const { signal } = this.#stop
    this.#asking = true
    let asked = 0
    for (let [token] = this.#unasked; token !== undefined; [token] = this.#unasked) {
      const limit = deadline(clock, timeoutMs, signal)
      const accepted = await ask(token, limit.signal)
      limit.release()
      if (signal.aborted) return
      asked += 1
      this.#unasked.delete(token)
      onAnswer(token, accepted)
      if (this.#unasked.size > 0) await pause(clock, asked < FEW ? PAUSE_MS : LONG_PAUSE_MS, signal)
      if (signal.aborted) return
    }
    this.#asking = false
  }
}
