import { type Clock, deadline, pause } from '../../lib/clock.ts'

/** What a check of tokens needs. */
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
 * The deep truth beside the gate: whether the puppet would let in a client with each token. It decides nothing. One
 * question after the other, never two at once.
 */
export class TokenCheck {
  readonly #options: TokenCheckOptions
  #unasked = new Set<string>()
  #stop = new AbortController()
  #asking = false

  constructor(options: TokenCheckOptions) {
    this.#options = options
  }

  /** These are to be asked about, before those that wait already. */
  ask(tokens: Iterable<string>): void {
    this.#unasked = new Set([...tokens, ...this.#unasked])
    if (!this.#asking) void this.#run()
  }

  /** Nothing is to be asked any more, until the next `ask`; what is under way is not heard. */
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
