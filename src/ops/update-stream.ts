import type { ServerResponse } from 'node:http'
import type { Cancel, Clock } from '../lib/clock.ts'

export interface UpdateStreamOptions {
  readonly clock: Clock
  /** What is sent, as JSON without line breaks. @param sinceMs what came before this instant of the clock is known; undefined: nothing is */
  readonly snapshot: (sinceMs: number | undefined) => string
}

/** Readers at a time: each keeps a connection, of which there are few. Whoever finds no room asks again and again instead. */
const READERS_MAX = 16
/** What happens within this time is sent together, in milliseconds. */
const GATHER_MS = 100
/** The shortest time between two updates, in milliseconds. */
const INTERVAL_MS = 1000
/** An update comes at least so often, in milliseconds, so that charts go on, and a connection that is dead is noticed. */
const HEARTBEAT_MS = 10_000

/** Updates for pages that are open (server-sent events): made once for all of them, at most once a second, and not at all while none is open. */
export class UpdateStream {
  readonly #options: UpdateStreamOptions
  readonly #readers = new Set<ServerResponse>()
  #sentMs = Number.NEGATIVE_INFINITY
  #dueMs = Number.POSITIVE_INFINITY
  #cancel: Cancel | undefined

  constructor(options: UpdateStreamOptions) {
    this.#options = options
  }

  get isFull(): boolean {
    return this.#readers.size >= READERS_MAX
  }

  /** Sends everything to a new reader at once, and updates from then on. */
  add(response: ServerResponse): void {
    const { clock, snapshot } = this.#options
    this.#readers.add(response)
    response.on('close', () => {
      this.#readers.delete(response)
      if (this.#readers.size === 0) this.#rest()
    })
    response.write(message(snapshot(undefined)))
    if (this.#readers.size === 1) {
      this.#sentMs = clock.now()
      this.#sendIn(HEARTBEAT_MS)
    }
  }

  /** To be called when there is something new. */
  changed(): void {
    if (this.#readers.size === 0) return
    const { clock } = this.#options
    this.#sendIn(Math.max(GATHER_MS, this.#sentMs + INTERVAL_MS - clock.now()))
  }

  end(): void {
    for (const reader of this.#readers) reader.end()
  }

  /** Unless an update is due sooner. */
  #sendIn(ms: number): void {
    const { clock } = this.#options
    const dueMs = clock.now() + ms
    if (dueMs >= this.#dueMs) return
    this.#rest()
    this.#dueMs = dueMs
    this.#cancel = clock.after(ms, () => this.#send())
  }

  #rest(): void {
    this.#cancel?.()
    this.#dueMs = Number.POSITIVE_INFINITY
  }

  #send(): void {
    const { clock, snapshot } = this.#options
    this.#rest()
    const update = message(snapshot(this.#sentMs))
    this.#sentMs = clock.now()
    for (const reader of this.#readers) {
      // It has not read the one before: what it misses it gets when it comes back.
      if (reader.writableNeedDrain) reader.destroy()
      else reader.write(update)
    }
    this.#sendIn(HEARTBEAT_MS)
  }
}

function message(json: string): string {
  return `data: ${json}\n\n`
}
