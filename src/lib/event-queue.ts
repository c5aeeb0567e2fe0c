/**
 * Delivers events in the order in which they were emitted, and never in the middle of what emits them: only when the outermost
 * `batch` has ended. It is in the same turn of the event loop all the same.
 */
export class EventQueue<Event> {
  readonly #deliver: (event: Event) => void
  #waiting: Event[] = []
  #batches = 0
  #delivering = false

  constructor(deliver: (event: Event) => void) {
    this.#deliver = deliver
  }

  emit(event: Event): void {
    this.#waiting.push(event)
    this.#flush()
  }

  /** Runs `work`, and delivers what was emitted meanwhile after it, and after whatever it is part of. */
  batch<Result>(work: () => Result): Result {
    this.#batches += 1
    try {
      return work()
    } finally {
      this.#batches -= 1
      this.#flush()
    }
  }

  #flush(): void {
    if (this.#batches > 0 || this.#delivering) return
    this.#delivering = true
    try {
      // A listener may emit another event.
      for (const event of this.#waiting) this.#deliver(event)
    } finally {
      this.#waiting = []
      this.#delivering = false
    }
  }
}
